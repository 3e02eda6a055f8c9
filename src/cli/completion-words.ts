import type { Command } from './command.ts'

/** What may come next after the words of a group, `''` being the start. */
export function membersByPrefix(commands: readonly Command[]): ReadonlyMap<string, readonly string[]> {
  const members = new Map<string, string[]>()
  for (const { name } of commands) {
    const words = name.split(' ')
    for (const [at, word] of words.entries()) {
      const prefix = words.slice(0, at).join(' ')
      const known = members.get(prefix) ?? []
      members.set(prefix, known.includes(word) ? known : [...known, word])
    }
  }
  return members
}

/** A command's flags as they are typed. */
export function flagWords(command: Command): readonly string[] {
  return command.flags
    .filter((flag) => flag.hidden !== true)
    .map((flag) => `--${flag.name}${flag.type === 'bool' || flag.type === 'optional' ? '' : '='}`)
}

import type { Command } from './command.ts'

/** Shells that completion can be written for. */
export const completionShells = ['bash', 'zsh', 'fish'] as const
export type CompletionShell = (typeof completionShells)[number]

/** A completion script for the shell, made from the command table. */
export function completionScript(shell: CompletionShell, commands: readonly Command[]): string {
  if (shell === 'fish') return fishScript(commands)
  const bash = bashScript(commands)
  return shell === 'zsh' ? `#compdef catamaran\nautoload -U +X bashcompinit && bashcompinit\n${bash}` : bash
}

function bashScript(commands: readonly Command[]): string {
  const cases = commands.map((command) => `    "${command.name}") words="${flagWords(command).join(' ')}" ;;`)
  const groups = groupsOf(commands)
  const groupCases = groups.map(([group, members]) => `    ${group}) words="${members.join(' ')}" ;;`)
  const isGroup =
    groups.length === 0 ? 'false' : `[[ " ${groups.map(([group]) => group).join(' ')} " = *" $command "* ]]`
  return [
    '_catamaran() {',
    // `current` and `command` are read from bash's completion variables
    '  local current="${COMP_WORDS[COMP_CWORD]}" command="" words word',
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    case "$word" in',
    '      -*) ;;',
    `      *) if [ -z "$command" ]; then command="$word"; elif ${isGroup}; then command="$command $word"; break; else break; fi ;;`,
    '    esac',
    '  done',
    '  case "$command" in',
    `    "") words="${topWords(commands).join(' ')}" ;;`,
    ...groupCases,
    ...cases,
    '    *) words="" ;;',
    '  esac',
    '  COMPREPLY=( $(compgen -W "$words" -- "$current") )',
    '  [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=( $(compgen -f -- "$current") )',
    '}',
    'complete -o filenames -F _catamaran catamaran',
    '',
  ].join('\n')
}

function fishScript(commands: readonly Command[]): string {
  const groups = groupsOf(commands).map(
    ([group, members]) =>
      `complete -c catamaran -n __fish_use_subcommand -f -a ${group} -d ${quote(members.join(', '))}`,
  )
  return `${[...groups, ...commands.flatMap(fishLines)].join('\n')}\n`
}

function fishLines(command: Command): readonly string[] {
  const [first = '', second] = command.name.split(' ')
  const seen = `__fish_seen_subcommand_from ${first}`
  const [when, word] = second === undefined ? ['__fish_use_subcommand', first] : [`"${seen}"`, second]
  const within = second === undefined ? seen : `${seen}; and __fish_seen_subcommand_from ${second}`
  return [
    `complete -c catamaran -n ${when} -f -a ${word} -d ${quote(command.summary)}`,
    ...command.flags
      .filter((flag) => flag.hidden !== true)
      .map((flag) => {
        const short = flag.shorthand === undefined ? '' : ` -s ${flag.shorthand}`
        const value = flag.type === 'bool' || flag.type === 'optional' ? '' : ' -r'
        return `complete -c catamaran -n "${within}" -l ${flag.name}${short}${value} -d ${quote(flag.description)}`
      }),
  ]
}

/** Groups with the words of their commands, in order. */
function groupsOf(commands: readonly Command[]): readonly (readonly [string, readonly string[]])[] {
  const groups = new Map<string, string[]>()
  for (const { name } of commands) {
    const [group = '', word] = name.split(' ')
    if (word !== undefined) groups.set(group, [...(groups.get(group) ?? []), word])
  }
  return [...groups]
}

function topWords(commands: readonly Command[]): readonly string[] {
  return [...new Set(commands.map(({ name }) => name.split(' ')[0] ?? ''))]
}

function flagWords(command: Command): readonly string[] {
  return command.flags
    .filter((flag) => flag.hidden !== true)
    .map((flag) => `--${flag.name}${flag.type === 'bool' || flag.type === 'optional' ? '' : '='}`)
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`
}

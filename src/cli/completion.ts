import type { Command } from './command.ts'
import { powershellScript } from './completion-powershell.ts'
import { flagWords, membersByPrefix } from './completion-words.ts'

/** Shells that completion can be written for. */
export const completionShells = ['bash', 'zsh', 'fish', 'powershell'] as const
export type CompletionShell = (typeof completionShells)[number]

/** A completion script for the shell, made from the command table. */
export function completionScript(shell: CompletionShell, commands: readonly Command[]): string {
  if (shell === 'fish') return fishScript(commands)
  if (shell === 'powershell') return powershellScript(commands)
  const bash = bashScript(commands)
  return shell === 'zsh' ? `#compdef catamaran\nautoload -U +X bashcompinit && bashcompinit\n${bash}` : bash
}

function bashScript(commands: readonly Command[]): string {
  const members = membersByPrefix(commands)
  const cases = commands.map((command) => `    "${command.name}") words="${flagWords(command).join(' ')}" ;;`)
  const groupCases = [...members].map(([group, words]) => `    "${group}") words="${words.join(' ')}" ;;`)
  const groups = [...members.keys()].map((group) => `"${group}"`).join('|')
  return [
    '_catamaran() {',
    // `current` and `command` are read from bash's completion variables
    '  local current="${COMP_WORDS[COMP_CWORD]}" command="" words word',
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    case "$word" in -*) continue ;; esac',
    '    case "$command" in',
    `      ${groups}) command="\${command:+$command }$word" ;;`,
    '    esac',
    '  done',
    '  case "$command" in',
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
  const words = [...membersByPrefix(commands)].flatMap(([group, members]) =>
    members
      .filter((word) => !commands.some(({ name }) => name === joined(group, word)))
      .map((word) => {
        const inside = membersByPrefix(commands).get(joined(group, word)) ?? []
        return `complete -c catamaran -n ${whenAfter(group)} -f -a ${word} -d ${quote(inside.join(', '))}`
      }),
  )
  return `${[...words, ...commands.flatMap(fishLines)].join('\n')}\n`
}

function fishLines(command: Command): readonly string[] {
  const words = command.name.split(' ')
  const last = words.at(-1) ?? ''
  const within = words.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ')
  return [
    `complete -c catamaran -n ${whenAfter(words.slice(0, -1).join(' '))} -f -a ${last} -d ${quote(command.summary)}`,
    ...command.flags
      .filter((flag) => flag.hidden !== true)
      .map((flag) => {
        const short = flag.shorthand === undefined ? '' : ` -s ${flag.shorthand}`
        const value = flag.type === 'bool' || flag.type === 'optional' ? '' : ' -r'
        return `complete -c catamaran -n "${within}" -l ${flag.name}${short}${value} -d ${quote(flag.description)}`
      }),
  ]
}

function whenAfter(group: string): string {
  if (group === '') return '__fish_use_subcommand'
  return `"${group
    .split(' ')
    .map((word) => `__fish_seen_subcommand_from ${word}`)
    .join('; and ')}"`
}

function joined(group: string, word: string): string {
  return group === '' ? word : `${group} ${word}`
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`
}

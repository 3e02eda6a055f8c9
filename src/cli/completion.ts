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
  const cases = commands.map((command) => `    ${command.name}) words="${flagWords(command).join(' ')}" ;;`)
  return [
    '_catamaran() {',
    // `current` and `command` are read from bash's completion variables
    '  local current="${COMP_WORDS[COMP_CWORD]}" command="" words word',
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    case "$word" in -*) ;; *) command="$word"; break ;; esac',
    '  done',
    '  case "$command" in',
    `    "") words="${commands.map(({ name }) => name).join(' ')}" ;;`,
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
  const lines = commands.flatMap((command) => [
    `complete -c catamaran -n __fish_use_subcommand -f -a ${command.name} -d ${quote(command.summary)}`,
    ...command.flags
      .filter((flag) => flag.hidden !== true)
      .map((flag) => {
        const short = flag.shorthand === undefined ? '' : ` -s ${flag.shorthand}`
        const value = flag.type === 'bool' || flag.type === 'optional' ? '' : ' -r'
        const description = quote(flag.description)
        return `complete -c catamaran -n "__fish_seen_subcommand_from ${command.name}" -l ${flag.name}${short}${value} -d ${description}`
      }),
  ])
  return `${lines.join('\n')}\n`
}

function flagWords(command: Command): readonly string[] {
  return command.flags
    .filter((flag) => flag.hidden !== true)
    .map((flag) => `--${flag.name}${flag.type === 'bool' || flag.type === 'optional' ? '' : '='}`)
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`
}

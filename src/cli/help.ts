import type { Command } from './command.ts'
import { environmentNames, type Flag } from './flags/index.ts'
import type { Style } from './style.ts'

/** Name and summary of a command, for lists. */
export interface CommandSummary {
  readonly name: string
  readonly summary: string
}

/** `catamaran --help`. */
export function rootHelp(commands: readonly CommandSummary[], style: Style): string {
  const width = Math.max(...commands.map(({ name }) => name.length))
  return [
    'catamaran builds, renders and deploys one application to clusters whose nodes have different CPU architectures.',
    '',
    style.bold('Usage:'),
    '  catamaran COMMAND [flags]',
    '',
    style.bold('Commands:'),
    ...commands.map(({ name, summary }) => `  ${style.cyan(name.padEnd(width))}  ${summary}`),
    '',
    style.bold('Try it with no Docker, registry or cluster:'),
    '  catamaran run --sandbox',
    '',
    'Run "catamaran COMMAND --help" for a command\'s flags and examples.',
    '',
  ].join('\n')
}

/** `catamaran GROUP --help`. */
export function groupHelp(group: string, commands: readonly CommandSummary[], style: Style): string {
  const width = Math.max(...commands.map(({ name }) => name.length))
  return [
    style.bold('Usage:'),
    `  catamaran ${group} COMMAND [flags]`,
    '',
    style.bold('Commands:'),
    ...commands.map(({ name, summary }) => `  ${style.cyan(name.padEnd(width))}  ${summary}`),
    '',
    `Run "catamaran ${group} COMMAND --help" for a command's flags and examples.`,
    '',
  ].join('\n')
}

/** `catamaran COMMAND --help`, for a terminal of so many columns. */
export function commandHelp(command: Command, style: Style, columns: number): string {
  const usage = command.usage === undefined ? '' : ` ${command.usage}`
  return [
    command.summary,
    '',
    ...wrap(command.description.replaceAll('\n', ' '), columns),
    '',
    style.bold('Examples:'),
    ...command.examples.flatMap(({ text, command: line }) => [`  ${style.dim(`# ${text}`)}`, `  ${line}`]),
    '',
    style.bold('Usage:'),
    `  catamaran ${command.name}${usage} [flags]`,
    '',
    style.bold('Flags:'),
    ...command.flags.filter((flag) => flag.hidden !== true).flatMap((flag) => flagHelp(flag, style, columns)),
    '',
    ...wrap(
      `Every flag is also read from the environment: --default-repo is ${environmentNames({ name: 'default-repo' }).join(' or ')}.`,
      columns,
    ),
    '',
  ].join('\n')
}

/** One flag in help. */
export function flagHelp(flag: Flag, style: Style, columns: number): readonly string[] {
  const short = flag.shorthand === undefined ? '    ' : `-${flag.shorthand}, `
  const value = flag.type === 'bool' ? '' : `=<${flag.placeholder ?? flag.choices?.join('|') ?? flag.type}>`
  const shownValue = flag.type === 'optional' ? `[${value}]` : value
  const choice = flag.default === undefined ? '' : ` (default ${flag.default})`
  const lines = wrap(`${flag.description}${choice}`, columns - flagIndent.length)
  return [
    `  ${short}${style.cyan(`--${flag.name}`)}${shownValue}`,
    ...lines.map((line) => flagIndent + (choice !== '' && line.endsWith(choice) ? dimEnd(line, choice, style) : line)),
  ]
}

const flagIndent = '        '
/** Lines that are longer are hard to read, however wide the terminal is. */
const widest = 120
const narrowest = 30

function dimEnd(line: string, end: string, style: Style): string {
  return line.slice(0, -end.length) + style.dim(end)
}

/** Breaks a text at blanks into lines of so many columns. A word that is longer stays whole. */
function wrap(text: string, columns: number): readonly string[] {
  const width = Math.max(narrowest, Math.min(columns, widest))
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

// @ts-check
// The pages of docs/reference that are made from tables in the source. Written by docs.mjs, compared by a test.

/**
 * @typedef {import('../src/cli/command.ts').Command} Command
 * @typedef {import('../src/cli/flags/index.ts').Flag} Flag
 */

/** @param {readonly Command[]} commands @param {(flag: Flag) => string} environmentName @returns {string} */
export function commandsPage(commands, environmentName) {
  const shared = sharedFlags(commands)
  const sections = commands.flatMap((command) => commandSection(command, shared, environmentName))
  return page([
    '# Commands',
    'Made from the command table by `npm run docs`. `catamaran COMMAND --help` prints the same.',
    'stdout is the answer, stderr everything else. Exit codes: 0 ok (also `dev` ended by Ctrl+C), 1 an error of yours or of the cluster, 127 wrong usage, 130 a one-shot command interrupted, 70 a bug in catamaran.',
    'Every flag is also read from the environment, under the name beside it or the same with `CATAMARAN_` in place of `SKAFFOLD_`; a flag that is typed wins.',
    commands
      .map(({ name, summary }) => `- [\`${name}\`](#${name.toLowerCase().replaceAll(' ', '-')}): ${summary}`)
      .join('\n'),
    ...sections,
    '## Flags of every command',
    flagTable(shared, environmentName),
  ])
}

/** Flags that all commands have, as the last section lists them. @param {readonly Command[]} commands @returns {readonly Flag[]} */
function sharedFlags(commands) {
  const [first, ...others] = commands
  return (first?.flags ?? []).filter((flag) =>
    others.every((command) => command.flags.some(({ name }) => name === flag.name)),
  )
}

/** @param {Command} command @param {readonly Flag[]} shared @param {(flag: Flag) => string} environmentName */
function commandSection(command, shared, environmentName) {
  const own = command.flags.filter(({ name, hidden }) => hidden !== true && shared.every((flag) => flag.name !== name))
  const usage = command.usage === undefined ? '' : ` ${command.usage}`
  return [
    `## ${command.name}`,
    fence(`catamaran ${command.name}${usage} [flags]`),
    command.description.replaceAll('\n', ' '),
    fence(command.examples.map((example) => `# ${example.text}\n${example.command}`).join('\n')),
    ...(own.length === 0 ? [] : [flagTable(own, environmentName)]),
  ]
}

/** @param {readonly Flag[]} flags @param {(flag: Flag) => string} environmentName */
function flagTable(flags, environmentName) {
  const rows = flags
    .filter((flag) => flag.hidden !== true)
    .map((flag) => [
      `${flag.shorthand === undefined ? '' : `\`-${flag.shorthand}\`, `}\`--${flag.name}${valueOf(flag)}\``,
      flag.description,
      flag.default === undefined ? '' : `\`${flag.default}\``,
      `\`${environmentName(flag)}\``,
    ])
  return table(['Flag', 'What it does', 'When absent', 'Environment'], rows)
}

/** @param {Flag} flag */
function valueOf(flag) {
  if (flag.type === 'bool') return ''
  const value = `=<${flag.placeholder ?? flag.choices?.join('|') ?? flag.type}>`
  return flag.type === 'optional' ? `[${value}]` : value
}

/** @param {Readonly<Record<string, string>>} codes @returns {string} */
export function errorsPage(codes) {
  return page([
    '# Error codes',
    'Made from the table of codes by `npm run docs`. An error prints four parts: the code with what happened, where and why, one thing to do about it (`fix:`), and a link to this page. Codes are permanent: branch on them, not on the text.',
    ...Object.entries(codes)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .flatMap(([code, meaning]) => [`## ${code}`, `${meaning[0]?.toUpperCase()}${meaning.slice(1)}.`]),
  ])
}

/** @param {readonly string[]} head @param {readonly (readonly string[])[]} rows */
function table(head, rows) {
  const lines = [head, head.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`).join('\n')
}

/** @param {string} text */
function fence(text) {
  return `\`\`\`sh\n${text}\n\`\`\``
}

/** @param {readonly string[]} paragraphs */
function page(paragraphs) {
  return `${paragraphs.join('\n\n')}\n`
}

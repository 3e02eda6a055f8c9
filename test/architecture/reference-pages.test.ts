import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { commandsPage, errorsPage } from '../../scripts/reference-pages.mjs'
import { loadCommands } from '../../src/cli/commands/table.ts'
import { environmentName } from '../../src/cli/flags/flag.ts'
import { describeSupportedFields } from '../../src/config/describe-fields.ts'
import { errorCodes } from '../../src/errors/index.ts'

test('the reference pages say what the tables say; mend with: npm run docs', async () => {
  const commands = await loadCommands()
  expect(read('commands.md')).toBe(commandsPage(commands, environmentName))
  expect(read('errors.md')).toBe(errorsPage(errorCodes))
  expect(read('skaffold-yaml.md')).toBe(describeSupportedFields())
})

test('every command and flag is on its page, and a change of either changes it', async () => {
  const commands = await loadCommands()
  const page = commandsPage(commands, environmentName)
  for (const command of commands) {
    expect(page).toContain(`\n## ${command.name}\n`)
    for (const flag of command.flags.filter(({ hidden }) => hidden !== true)) expect(page).toContain(`--${flag.name}`)
  }
  expect(commandsPage(commands.slice(1), environmentName)).not.toBe(page)
  expect(errorsPage({ ...errorCodes, PLANTED: 'a new code' })).toContain('\n## PLANTED\n\nA new code.\n')
})

function read(name: string): string {
  return readFileSync(new URL(`../../docs/reference/${name}`, import.meta.url), 'utf8')
}

// @ts-check
// npm run docs: writes the generated pages of docs/reference from what is compiled in dist.
import { writeFileSync } from 'node:fs'
import { commandsPage, errorsPage } from './reference-pages.mjs'

const dist = new URL('../dist/', import.meta.url)
/** @param {string} path */
const load = (path) => import(new URL(path, dist).href)

const [table, flags, errors, fields] = await Promise.all([
  load('cli/commands/table.js'),
  load('cli/flags/flag.js'),
  load('errors/index.js'),
  load('config/describe-fields.js'),
])
/** @type {Record<string, string>} */
const pages = {
  'commands.md': commandsPage(await table.loadCommands(), flags.environmentName),
  'errors.md': errorsPage(errors.errorCodes),
  'skaffold-yaml.md': fields.describeSupportedFields(),
}
for (const [name, text] of Object.entries(pages)) {
  writeFileSync(new URL(`../docs/reference/${name}`, import.meta.url), text)
  console.log(`docs/reference/${name}`)
}

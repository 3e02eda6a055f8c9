// @ts-check
// node scripts/derive-field-table.mjs FOLDER > src/config/upgrade/field-table.ts: derives, from the published schemas of
// all config versions, the one table of which version has which field. Run it when a version is added.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** @type {{ configVersions: readonly string[] }} */
const { configVersions } = await import(new URL('../dist/config/versions.js', import.meta.url).href)

const [folder = '.'] = process.argv.slice(2)
const last = configVersions.length - 1

/** @typedef {{ type: string, from: number, to: number }} Run */
/** @type {Map<string, Map<string, Run[]>>} */
const table = new Map()

/** @param {any} schema @param {any} definitions @returns {string} */
function typeOf(schema, definitions) {
  if (schema.$ref) {
    const name = schema.$ref.replace('#/definitions/', '')
    return definitions[name].type === 'object' ? name : typeOf(definitions[name], definitions)
  }
  if (schema.enum || schema.type === 'string') return 's'
  if (schema.type === 'boolean') return 'b'
  if (schema.type === 'integer' || schema.type === 'number') return 'i'
  if (schema.type === 'array') return `[${schema.items ? typeOf(schema.items, definitions) : 'a'}`
  if (schema.type !== 'object') return 'a'
  return `{${typeof schema.additionalProperties === 'object' ? typeOf(schema.additionalProperties, definitions) : 'a'}`
}

/** @param {Map<string, Run[]>} fields @param {string} name @param {{ type: string, version: number }} seen */
function add(fields, name, { type, version }) {
  const runs = fields.get(name) ?? []
  fields.set(name, runs)
  const run = runs.at(-1)
  if (run?.type === type && run.to >= version - 1) run.to = version
  else runs.push({ type, from: version, to: version })
}

/** In the order in which Skaffold writes them, the newest version's first. @type {Map<string, string[]>} */
const order = new Map()

for (const [version, apiVersion] of configVersions.entries()) {
  const file = join(folder, `${apiVersion.replace('skaffold/', '')}.json`)
  const { definitions } = JSON.parse(readFileSync(file, 'utf8'))
  for (const [name, definition] of Object.entries(definitions)) {
    if (definition.type !== 'object') continue
    const fields = table.get(name) ?? new Map()
    table.set(name, fields)
    const branches = definition.anyOf ?? [definition]
    const preferred = branches.flatMap((/** @type {any} */ branch) => branch.preferredOrder ?? [])
    order.set(name, [...new Set([...preferred, ...(order.get(name) ?? [])])])
    const properties = branches.flatMap((/** @type {any} */ branch) => Object.entries(branch.properties ?? {}))
    for (const [field, schema] of properties) add(fields, field, { type: typeOf(schema, definitions), version })
  }
}

/** @param {string} name @param {Run} run */
function print(name, { type, from, to }) {
  const range = from === 0 && to === last ? '' : `@${from === 0 ? '' : from}-${to === last ? '' : to}`
  return `${name}:${type}${range}`
}

const lines = [...table]
  .sort(([left], [right]) => (left < right ? -1 : 1))
  .map(([name, fields]) => {
    const names = [...new Set([...(order.get(name) ?? []), ...fields.keys()])]
    return [name, ...names.flatMap((field) => (fields.get(field) ?? []).map((run) => print(field, run)))].join(' ')
  })
console.log(`/**
 * Which version of skaffold.yaml has which field, one object type a line: \`field:type@from-to\`, versions counted from the
 * oldest, an open end left out. Types: s text, b boolean, i whole number, a anything, [ a list of, { a mapping to, or the name
 * of a line. Made by scripts/derive-field-table.mjs.
 */
export const fieldTable = \`${lines.join('\n')}\``)

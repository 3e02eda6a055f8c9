import { rootShape } from './fields/root.ts'
import type { Field, ObjectShape, Shape } from './fields/shape.ts'
import { newestVersion } from './versions.ts'

/** The reference page of skaffold.yaml, as Markdown: what is supported, what is accepted, what is refused by name. */
export function describeSupportedFields(): string {
  const rows = listFields(rootShape, '')
  const supported = rows.filter(({ field }) => field.support === 'yes' && isOwnRow(field))
  const inert = rows.filter(({ field }) => field.support === 'inert')
  const refused = rows.filter(({ field }) => field.support === 'no')
  return [
    '# skaffold.yaml',
    `catamaran reads every version from \`skaffold/v1alpha1\` on and upgrades it to \`${newestVersion}\`, whose fields these are. A field that Skaffold does not know is an error, and so is a field that Skaffold knows and that is not supported yet: its message names the field and its place. Only the configuration that results from the active profiles counts, so a profile that is not active may hold any field that Skaffold knows.`,
    '## Supported',
    table(
      ['Field', 'Value', 'When absent', 'Notes'],
      supported.map(({ path, field }) => [
        `\`${path}\``,
        describeShape(field.shape),
        field.absent ?? '',
        notesOf(field),
      ]),
    ),
    '`profiles[]` has, beside the fields above, every field of `build`, `deploy` and `manifests`.',
    '## Accepted, without effect',
    table(
      ['Field', 'Why'],
      inert.map(({ path, field }) => [`\`${path}\``, field.note ?? '']),
    ),
    '## Valid Skaffold, not supported yet',
    refused.map(({ path }) => `\`${path}\``).join(', '),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n')
}

interface Row {
  readonly path: string
  readonly field: Field
}

/** Every field that says something of its own; a profile's copies are left out. */
function listFields(shape: ObjectShape, prefix: string): readonly Row[] {
  return [...shape.fields].flatMap(([name, field]) => {
    const path = `${prefix}${name}`
    if (prefix === 'profiles[].' && rootShape.fields.has(name)) return []
    if (field.support !== 'yes') return [{ path, field }]
    return [{ path, field }, ...listBelow(field.shape, path)]
  })
}

function listBelow(shape: Shape, path: string): readonly Row[] {
  if (shape.kind === 'object') return listFields(shape, `${path}.`)
  return shape.kind === 'list' ? listBelow(shape.of, `${path}[]`) : []
}

/** A section needs no row beside its fields, unless it can be empty: then being there is a choice. */
function isOwnRow({ shape, absent }: Field): boolean {
  return shape.kind !== 'object' || shape.fields.size === 0 || absent !== undefined
}

function notesOf(field: Field): string {
  const notes = [
    field.required ? 'required' : undefined,
    field.only === undefined ? undefined : `only \`${field.only}\` is supported`,
    field.note,
  ]
  return notes.filter((note) => note !== undefined).join('; ')
}

function describeShape(shape: Shape): string {
  if (shape.kind === 'string') return shape.values?.map((value) => `\`${value}\``).join(', ') ?? 'text'
  if (shape.kind === 'list') return shape.of.kind === 'object' ? 'list' : `list of ${describeShape(shape.of)}`
  if (shape.kind === 'map') return `mapping to ${describeShape(shape.of)}`
  if (shape.kind === 'integer') return 'whole number'
  if (shape.kind === 'boolean') return '`true`, `false`'
  return shape.kind === 'object' ? 'mapping' : 'any value'
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

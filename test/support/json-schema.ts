type Schema = Readonly<Record<string, unknown>>

interface Place {
  readonly schema: Schema
  readonly root: Schema
  readonly path: string
}

/** What is wrong with a value: as much of a JSON Schema validator as our schemas use. */
export function schemaProblems(value: unknown, root: Schema): readonly string[] {
  return problemsAt(value, { schema: root, root, path: '$' })
}

function problemsAt(value: unknown, place: Place): readonly string[] {
  const { schema, root } = place
  const name = schema['$ref']
  if (typeof name === 'string') {
    const definitions = root['definitions'] as Record<string, Schema>
    return problemsAt(value, { ...place, schema: definitions[name.replace('#/definitions/', '')] ?? {} })
  }
  return [
    ...plainProblems(value, place),
    ...combined(value, place),
    ...listProblems(value, place),
    ...mapProblems(value, place),
  ]
}

function plainProblems(value: unknown, { schema, path }: Place): readonly string[] {
  const {
    type,
    enum: words,
    const: constant,
  } = schema as { type?: string | string[]; enum?: unknown[]; const?: string }
  if (type !== undefined && ![type].flat().includes(typeName(value))) return [`${path}: ${typeName(value)}`]
  if (words !== undefined && !words.includes(value)) return [`${path}: ${String(value)}`]
  return constant === undefined || constant === value ? [] : [`${path}: not ${constant}`]
}

function combined(value: unknown, place: Place): readonly string[] {
  const { allOf, not } = place.schema as { allOf?: Schema[]; not?: Schema }
  const all = (allOf ?? []).flatMap((schema) => problemsAt(value, { ...place, schema }))
  const isExcluded = not !== undefined && problemsAt(value, { ...place, schema: not }).length === 0
  return isExcluded ? [...all, `${place.path}: excluded`] : all
}

function listProblems(value: unknown, place: Place): readonly string[] {
  const schema = place.schema['items'] as Schema | undefined
  if (!Array.isArray(value) || schema === undefined) return []
  return value.flatMap((item, index) => problemsAt(item, { ...place, schema, path: `${place.path}[${index}]` }))
}

function mapProblems(value: unknown, place: Place): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  const required = (place.schema['required'] as string[] | undefined) ?? []
  const missing = required.filter((key) => !(key in value)).map((key) => `${place.path}.${key}: missing`)
  return [...missing, ...Object.entries(value).flatMap(([key, member]) => memberProblems(key, member, place))]
}

function memberProblems(key: string, member: unknown, place: Place): readonly string[] {
  const { properties, patternProperties, additionalProperties } = place.schema as {
    properties?: Record<string, Schema>
    patternProperties?: Record<string, Schema>
    additionalProperties?: Schema | boolean
  }
  const path = `${place.path}.${key}`
  const own = properties?.[key]
  if (own !== undefined) return problemsAt(member, { ...place, schema: own, path })
  if (Object.keys(patternProperties ?? {}).some((pattern) => new RegExp(pattern).test(key))) return []
  if (additionalProperties === false) return [`${path}: unknown`]
  return typeof additionalProperties === 'object'
    ? problemsAt(member, { ...place, schema: additionalProperties, path })
    : []
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

import { ToolError } from '../errors/index.ts'
import { shapeOf } from './documents.ts'
import type { Field, ObjectShape, Shape } from './fields/shape.ts'
import { configVersions, newestVersion } from './versions.ts'

/** A JSON Schema, or a part of one. */
export interface JsonSchema {
  readonly [keyword: string]: unknown
}

/**
 * The JSON Schema of one version of skaffold.yaml, for editors: every field that Skaffold knows, what of it is required, and
 * which fields exclude each other. Keys that begin with a dot hold YAML anchors.
 * @throws USAGE for a version that is none
 * @see https://json-schema.org/draft-07/schema
 */
export function jsonSchemaOf(version: string = newestVersion): JsonSchema {
  const apiVersion = version.includes('/') ? version : `skaffold/${version}`
  if (!configVersions.includes(apiVersion)) {
    throw new ToolError('USAGE', `unknown schema version "${version}"`, {
      hint: 'catamaran schema list prints the versions',
    })
  }
  const root = shapeOf(apiVersion)
  const names = nameShared(root)
  const definitions = [...names].map(([shape, name]) => [name, objectSchema(shape, names)] as const)
  const { properties, ...rest } = objectSchema(root, names)
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: apiVersion,
    ...rest,
    properties: { ...(properties as object), apiVersion: { const: apiVersion }, kind: { const: 'Config' } },
    patternProperties: { '^\\.': {} },
    ...(definitions.length === 0 ? {} : { definitions: Object.fromEntries(definitions) }),
  }
}

type Names = ReadonlyMap<ObjectShape, string>

/** Shapes that are used in several places, each with a name made from the field that holds it. */
function nameShared(root: ObjectShape): Names {
  const seen = new Map<ObjectShape, string>()
  const shared = new Map<ObjectShape, string>()
  const visit = (shape: Shape, key: string): void => {
    if (shape.kind === 'list' || shape.kind === 'map') visit(shape.of, key)
    if (shape.kind !== 'object') return
    const known = seen.get(shape)
    if (known !== undefined) {
      if (!shared.has(shape)) shared.set(shape, freeName(known, [...shared.values()]))
      return
    }
    seen.set(shape, key)
    for (const [name, field] of shape.fields) visit(field.shape, name)
  }
  visit(root, 'config')
  return shared
}

function freeName(key: string, taken: readonly string[]): string {
  if (!taken.includes(key)) return key
  const number = Array.from({ length: taken.length + 1 }, (_, index) => index + 2).find(
    (candidate) => !taken.includes(`${key}${candidate}`),
  )
  return `${key}${number ?? ''}`
}

function objectSchema(shape: ObjectShape, names: Names): JsonSchema {
  const required = [...shape.fields].filter(([, field]) => field.required).map(([name]) => name)
  const pairs = shape.oneOf.flatMap((one, index) => shape.oneOf.slice(index + 1).map((other) => [one, other]))
  return {
    type: ['object', 'null'],
    properties: Object.fromEntries([...shape.fields].map(([name, field]) => [name, fieldSchema(field, names)])),
    ...(shape.open ? {} : { additionalProperties: false }),
    ...(required.length === 0 ? {} : { required }),
    ...(pairs.length === 0 ? {} : { allOf: pairs.map((pair) => ({ not: { required: pair } })) }),
  }
}

function fieldSchema(field: Field, names: Names): JsonSchema {
  const said = [
    field.note,
    field.absent === undefined ? undefined : `when absent: ${field.absent}`,
    field.support === 'no' ? 'not supported by this version of catamaran' : undefined,
  ].filter((text) => text !== undefined)
  const schema = schemaOf(field.shape, names)
  if (said.length === 0) return schema
  const description = said.join('; ').replaceAll('`', '')
  // what stands beside a $ref is not looked at in this version of JSON Schema
  return '$ref' in schema ? { description, allOf: [schema] } : { description, ...schema }
}

function schemaOf(shape: Shape, names: Names): JsonSchema {
  if (shape.kind === 'string') {
    // a plain number or boolean is a text where a text is wanted
    return shape.values === undefined
      ? { type: ['string', 'number', 'boolean', 'null'] }
      : { enum: [...shape.values, null] }
  }
  if (shape.kind === 'list') return { type: ['array', 'null'], items: schemaOf(shape.of, names) }
  if (shape.kind === 'map') return { type: ['object', 'null'], additionalProperties: schemaOf(shape.of, names) }
  if (shape.kind !== 'object') return shape.kind === 'any' ? {} : { type: [shape.kind, 'null'] }
  const name = names.get(shape)
  return name === undefined ? objectSchema(shape, names) : { $ref: `#/definitions/${name}` }
}

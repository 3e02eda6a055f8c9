import { YAMLException } from 'js-yaml'
import { ToolError } from '../errors/index.ts'
import {
  commentedFields,
  editResource,
  locateInResource,
  parsePlainValue,
  type CommentedField,
  type Resource,
} from '../resource/index.ts'

/** Values by their names, as `--set` gives them. */
export type Setters = Readonly<Record<string, string>>

const marker = '# from-param: '

/**
 * Puts values where comments ask for them: `image: nginx:1.2 # from-param: ${image}:${tag}`. A name without a value keeps
 * what stands there, as far as it can be made out; a list (`args: # from-param: ${args}`) takes `[a, b]`.
 * @throws SETTER_INVALID
 * @see https://skaffold.dev/docs/renderers/kubectl/
 */
export function applySetters(resource: Resource, setters: Setters): Resource {
  if (Object.keys(setters).length === 0 || !resource.text.includes(marker)) return resource
  const edits = commentedFields(resource).flatMap((field) => {
    const pattern = patternOf(field)
    if (pattern === undefined || !namesIn(pattern).some((name) => Object.hasOwn(setters, name))) return []
    const fail = (reason: string): never => {
      throw new ToolError('SETTER_INVALID', `${reason}, for "${marker}${pattern}"`, {
        where: locateInResource(resource, field.path),
        hint: 'give the values with --set=NAME=VALUE',
      })
    }
    const value =
      field.kind === 'list' ? listValue(pattern, setters, fail) : scalarValue(field, { pattern, setters, fail })
    return [{ path: field.path, value }]
  })
  return editResource(resource, edits)
}

function patternOf({ comment }: CommentedField): string | undefined {
  return comment.startsWith(marker) ? comment.slice(marker.length).trim() : undefined
}

function namesIn(pattern: string): readonly string[] {
  return [...pattern.matchAll(/\$\{([^}]*)\}/g)].map((match) => match[1] ?? '')
}

interface Setting {
  readonly pattern: string
  readonly setters: Setters
  readonly fail: (reason: string) => never
}

function scalarValue(field: CommentedField, { pattern, setters, fail }: Setting): unknown {
  const known = { ...currentValues(pattern, field.text), ...setters }
  const missing = namesIn(pattern).filter((name) => !Object.hasOwn(known, name))
  if (missing.length > 0) return fail(`values for ${missing.join(', ')} must be provided`)
  const text = pattern.replaceAll(/\$\{([^}]*)\}/g, (_, name: string) => known[name] ?? '')
  if (field.isQuoted) return text
  if (/^(?:~|null|Null|NULL)$/.test(text)) return null
  const value = parsed(text)
  return typeof value === 'number' || typeof value === 'boolean' ? value : text
}

/** What the names of a pattern stand for in a text: none when a part cannot be told from its neighbour. */
function currentValues(pattern: string, text: string): Setters {
  const names = namesIn(pattern)
  const literal = pattern.split(/\$\{[^}]*\}/).map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`))
  const match = new RegExp(literal.join('(.*)')).exec(text)
  if (match === null || match.slice(1).includes('')) return {}
  return Object.fromEntries(names.map((name, index) => [name, match[index + 1] ?? '']))
}

function listValue(pattern: string, setters: Setters, fail: Setting['fail']): readonly unknown[] {
  const [name, ...others] = namesIn(pattern)
  if (name === undefined || others.length > 0 || pattern !== `\${${name}}`) return fail('a list takes one value')
  const text = setters[name] ?? ''
  if (text === '') return []
  const value = parsed(text)
  return Array.isArray(value) ? value : fail(`a list takes a list of values, not "${text}"`)
}

function parsed(text: string): unknown {
  try {
    return parsePlainValue(text)
  } catch (error) {
    if (error instanceof YAMLException) return undefined
    throw error
  }
}

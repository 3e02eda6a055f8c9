import * as v from 'valibot'
import { ToolError } from '../../errors/index.ts'
import type { Reference } from '../../reference/index.ts'
import { parseToml } from './toml.ts'

/** What a `registries.conf` says about the names below a prefix. */
export interface RegistryRule {
  /** `docker.io`, `registry.example.com/team`, `*.example.com`. */
  readonly prefix: string
  /** What takes the prefix' place when pulling. */
  readonly location: string
  readonly isInsecure: boolean
  readonly isBlocked: boolean
  readonly mirrors: readonly MirrorRule[]
}

/** Where to look before the registry itself. */
export interface MirrorRule {
  readonly location: string
  readonly isInsecure: boolean
  readonly pulls: 'all' | 'digest-only' | 'tag-only'
}

const endpoint = { location: v.optional(v.string(), ''), insecure: v.optional(v.boolean(), false) }

/** @see https://github.com/containers/container-libs (containers-registries.conf.5) */
const schema = v.looseObject({
  registry: v.optional(
    v.array(
      v.looseObject({
        ...endpoint,
        prefix: v.optional(v.string(), ''),
        blocked: v.optional(v.boolean(), false),
        'mirror-by-digest-only': v.optional(v.boolean(), false),
        mirror: v.optional(
          v.array(
            v.looseObject({
              ...endpoint,
              'pull-from-mirror': v.optional(v.picklist(['', 'all', 'digest-only', 'tag-only']), ''),
            }),
          ),
          [],
        ),
      }),
    ),
    [],
  ),
})

/**
 * The rules in the text of a `registries.conf` of version 2; in one of version 1 there are none to be found.
 * @throws FILE_UNREADABLE
 */
export function parseRegistriesConf(text: string, path: string): readonly RegistryRule[] {
  const parsed = v.safeParse(schema, parseToml(text, path))
  if (!parsed.success) {
    const [issue] = parsed.issues
    throw new ToolError('FILE_UNREADABLE', `${path} is not valid: ${v.getDotPath(issue) ?? ''}: ${issue.message}`, {
      hint: `mend ${path}`,
    })
  }
  return parsed.output.registry.map((entry) => ({
    prefix: entry.prefix === '' ? entry.location : entry.prefix,
    location: entry.location,
    isInsecure: entry.insecure,
    isBlocked: entry.blocked,
    mirrors: entry.mirror.map((mirror) => ({
      location: mirror.location,
      isInsecure: mirror.insecure,
      pulls: pullsOf(mirror['pull-from-mirror'], entry['mirror-by-digest-only']),
    })),
  }))
}

/** The rule with the longest prefix of the name; of equals the first. */
export function findRule(rules: readonly RegistryRule[], name: string): RegistryRule | undefined {
  return rules
    .filter(({ prefix }) => prefixLength(prefix, name) !== undefined)
    .sort((left, right) => right.prefix.length - left.prefix.length)[0]
}

/** The name with the prefix replaced by a location; an empty location leaves it as it is. */
export function relocate(name: string, prefix: string, location: string): string {
  const length = prefixLength(prefix, name)
  return length === undefined || location === '' ? name : `${location}${name.slice(length)}`
}

/** Whether the mirror is for such a pull. */
export function servesPull({ pulls }: MirrorRule, { digest }: Pick<Reference, 'digest'>): boolean {
  if (pulls === 'all') return true
  return (pulls === 'digest-only') === (digest !== undefined)
}

function pullsOf(own: '' | MirrorRule['pulls'], isDigestOnly: boolean): MirrorRule['pulls'] {
  if (own !== '') return own
  return isDigestOnly ? 'digest-only' : 'all'
}

/** How much of the name the prefix covers; undefined when it is another's. */
function prefixLength(prefix: string, name: string): number | undefined {
  if (prefix.startsWith('*.')) {
    const host = name.slice(0, name.includes('/') ? name.indexOf('/') : undefined)
    return host.endsWith(prefix.slice(1)) ? host.length : undefined
  }
  const isCovered = prefix !== '' && (name === prefix || name.startsWith(`${prefix}/`))
  return isCovered ? prefix.length : undefined
}

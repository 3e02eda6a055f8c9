import * as v from 'valibot'
import { ToolError } from '../../errors/index.ts'
import { parseToml } from './toml.ts'

/** A host that containerd asks before the registry itself. */
export interface ContainerdMirror {
  /** Scheme, host and, when it has one, the path that takes the place of `/v2`. */
  readonly url: URL
  readonly canPull: boolean
  readonly canResolve: boolean
  readonly skipVerify: boolean
  /** Files of authorities. */
  readonly ca: readonly string[]
}

const strings = v.union([
  v.pipe(
    v.string(),
    v.transform((text) => [text]),
  ),
  v.array(v.string()),
])

/** @see https://github.com/containerd/containerd/blob/main/docs/hosts.md */
const schema = v.looseObject({
  host: v.optional(
    v.record(
      v.string(),
      v.looseObject({
        capabilities: v.optional(v.array(v.string()), ['pull', 'resolve', 'push']),
        skip_verify: v.optional(v.boolean(), false),
        override_path: v.optional(v.boolean(), false),
        ca: v.optional(strings, []),
      }),
    ),
    {},
  ),
})

/**
 * The mirrors in the text of a `hosts.toml`, in their order.
 * @throws FILE_UNREADABLE
 */
export function parseHostsToml(text: string, path: string): readonly ContainerdMirror[] {
  const parsed = v.safeParse(schema, parseToml(text, path))
  if (!parsed.success) {
    const [issue] = parsed.issues
    throw new ToolError('FILE_UNREADABLE', `${path} is not valid: ${v.getDotPath(issue) ?? ''}: ${issue.message}`, {
      hint: `mend ${path}`,
    })
  }
  return Object.entries(parsed.output.host).map(([address, host]) => ({
    url: urlOf(address, { isWhole: host.override_path, path }),
    canPull: host.capabilities.includes('pull'),
    canResolve: host.capabilities.includes('resolve'),
    skipVerify: host.skip_verify,
    ca: host.ca,
  }))
}

/** A path is followed by `/v2`, unless it is said to be the whole. */
function urlOf(address: string, { isWhole, path }: { readonly isWhole: boolean; readonly path: string }): URL {
  try {
    const url = new URL(address.includes('://') ? address : `https://${address}`)
    const folder = url.pathname.replace(/\/+$/, '')
    url.pathname = isWhole || folder.endsWith('/v2') ? folder : `${folder}/v2`
    return url
  } catch (error) {
    throw new ToolError('FILE_UNREADABLE', `${path} names the host "${address}", which is no address`, {
      hint: `mend ${path}`,
      cause: error,
    })
  }
}

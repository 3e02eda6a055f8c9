import * as v from 'valibot'
import { ToolError } from '../../errors/index.ts'
import { parseToml } from './toml.ts'

/** How a host is reached, beyond its address. */
export interface HostAccess {
  readonly skipVerify: boolean
  /** Files of authorities. */
  readonly ca: readonly string[]
  /** Client certificates, in the order to try them. */
  readonly clients: readonly ClientFiles[]
  /** Sent with every request; names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/** Files of a client certificate and of its key, which may be one file. */
export interface ClientFiles {
  readonly cert: string
  readonly key: string
}

/** A host that containerd asks before the registry itself. */
export interface ContainerdMirror extends HostAccess {
  /** Scheme, host and, when it has one, the path that takes the place of `/v2`. */
  readonly url: URL
  readonly canPull: boolean
  readonly canResolve: boolean
}

/** What a `hosts.toml` says about a registry. */
export interface HostsToml {
  /** In the order to ask them; last the `server` that stands in the registry's place, when one is named. */
  readonly mirrors: readonly ContainerdMirror[]
  /** For the registry itself, or for the server in its place. */
  readonly own: HostAccess
}

const strings = v.union([
  v.pipe(
    v.string(),
    v.transform((text) => [text]),
  ),
  v.array(v.string()),
])

const access = {
  skip_verify: v.optional(v.boolean(), false),
  ca: v.optional(strings, []),
  client: v.optional(v.union([v.string(), v.array(v.union([v.string(), v.array(v.string())]))])),
  header: v.optional(v.record(v.string(), strings), {}),
}

const host = {
  ...access,
  capabilities: v.optional(v.array(v.string()), ['pull', 'resolve', 'push']),
  override_path: v.optional(v.boolean(), false),
}

/** @see https://github.com/containerd/containerd/blob/main/docs/hosts.md */
const schema = v.looseObject({
  ...host,
  server: v.optional(v.string()),
  host: v.optional(v.record(v.string(), v.looseObject(host)), {}),
})

type HostTable = v.InferOutput<v.LooseObjectSchema<typeof host, undefined>>

/**
 * Reads the text of a `hosts.toml`.
 * @throws FILE_UNREADABLE
 */
export function parseHostsToml(text: string, path: string): HostsToml {
  const parsed = v.safeParse(schema, parseToml(text, path))
  if (!parsed.success) {
    const [issue] = parsed.issues
    throw new ToolError('FILE_UNREADABLE', `${path} is not valid: ${v.getDotPath(issue) ?? ''}: ${issue.message}`, {
      hint: `mend ${path}`,
    })
  }
  const { host: hosts, server, ...root } = parsed.output
  const mirrors = Object.entries(hosts).map(([address, table]) => mirrorOf(address, table, path))
  const last = server === undefined || server === '' ? [] : [mirrorOf(server, root, path)]
  return { mirrors: [...mirrors, ...last], own: accessOf(root) }
}

function mirrorOf(address: string, table: HostTable, path: string): ContainerdMirror {
  return {
    url: urlOf(address, { isWhole: table.override_path, path }),
    canPull: table.capabilities.includes('pull'),
    canResolve: table.capabilities.includes('resolve'),
    ...accessOf(table),
  }
}

function accessOf({ skip_verify: skipVerify, ca, client, header }: HostTable): HostAccess {
  return {
    skipVerify,
    ca,
    clients: clientsOf(client),
    headers: Object.fromEntries(
      Object.entries(header).map(([name, values]) => [name.toLowerCase(), values.join(', ')]),
    ),
  }
}

/** One or several: a file with both, or a pair whose second may be empty for a file with both. */
function clientsOf(client: HostTable['client'] = []): readonly ClientFiles[] {
  return [client]
    .flat()
    .map((files) => [files].flat())
    .flatMap(([cert = '', key = '']) => (cert === '' ? [] : [{ cert, key: key === '' ? cert : key }]))
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

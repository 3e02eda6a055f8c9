import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ToolError } from '../../errors/index.ts'
import { apiHost, formatRepository, type Reference } from '../../reference/index.ts'
import { memoizeAsync } from '../../support/index.ts'
import { unlessMissing } from '../files.ts'
import { parseHostsToml, type ContainerdMirror, type HostAccess, type HostsToml } from './hosts-toml.ts'
import { findRule, parseRegistriesConf, relocate, servesPull, type RegistryRule } from './registries-conf.ts'

/** A place that a pull may come from. */
export interface PullSource {
  readonly reference: Reference
  /** For a mirror that containerd's configuration names by its address. */
  readonly address?: MirrorAddress
  readonly isMirror: boolean
}

/** How a mirror is reached; its files have absolute paths. */
export interface MirrorAddress extends HostAccess {
  /** Scheme, host, and the path that takes the place of `/v2`. */
  readonly url: URL
  /** The registry that it stands for: a mirror of several needs to be told. */
  readonly namespace: string
}

/** What the machine's configuration of podman and containerd says about pulls. Nobody is ever pushed to a mirror. */
export interface Routes {
  /**
   * In the order to try them, the registry itself last.
   * @throws REGISTRY_DENIED when the registry is blocked; FILE_UNREADABLE
   */
  pullSources(reference: Reference): Promise<readonly PullSource[]>
  /** Registries, with or without a path, that need not be safe. */
  insecureRegistries(): Promise<readonly string[]>
  /** What containerd's configuration says of how the registry itself is reached. */
  ownAccess(registry: string): Promise<HostAccess | undefined>
}

/** Where the configuration is. */
export interface RoutesOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** `/etc`. */
  readonly systemFolder: string
}

/** Reads each file once, at the first question that needs it. */
export function createRoutes(options: RoutesOptions): Routes {
  const readRules = memoizeAsync(async (from: RoutesOptions) => rulesOf(from))
  const readHosts = memoizeAsync(async (registry: string) => containerdHosts(registry, options))
  return {
    async pullSources(reference) {
      const [rules, hosts] = await Promise.all([readRules(options), readHosts(reference.registry)])
      const { ours, origin } = byRule(rules, reference)
      const others = (hosts?.mirrors ?? []).filter(({ url }) => url.host !== apiHost(reference.registry))
      return [...ours, ...others.flatMap((mirror) => viaContainerd(mirror, reference)), origin]
    },
    async ownAccess(registry) {
      return (await readHosts(registry))?.own
    },
    async insecureRegistries() {
      const rules = await readRules(options)
      return rules.flatMap(({ prefix, location, isInsecure, mirrors }) => [
        ...(isInsecure ? [prefix, location] : []),
        ...mirrors.filter((mirror) => mirror.isInsecure).map((mirror) => mirror.location),
      ])
    },
  }
}

function byRule(
  rules: readonly RegistryRule[],
  reference: Reference,
): { readonly ours: readonly PullSource[]; readonly origin: PullSource } {
  const name = formatRepository(reference)
  const rule = findRule(rules, name)
  if (rule === undefined) return { ours: [], origin: { reference, isMirror: false } }
  if (rule.isBlocked) {
    throw new ToolError('REGISTRY_DENIED', `registries.conf blocks ${rule.prefix}`, {
      hint: 'use another registry, or ask who keeps registries.conf',
    })
  }
  const ours = rule.mirrors
    .filter((mirror) => servesPull(mirror, reference))
    .map((mirror): PullSource => ({
      reference: moved(reference, relocate(name, rule.prefix, mirror.location)),
      isMirror: true,
    }))
  return { ours, origin: { reference: moved(reference, relocate(name, rule.prefix, rule.location)), isMirror: false } }
}

function moved({ tag, digest }: Reference, name: string): Reference {
  const slash = name.indexOf('/')
  return {
    registry: slash === -1 ? name : name.slice(0, slash),
    repository: slash === -1 ? '' : name.slice(slash + 1),
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  }
}

function viaContainerd(mirror: ContainerdMirror, reference: Reference): readonly PullSource[] {
  const isServed = reference.digest === undefined ? mirror.canResolve : mirror.canPull
  if (!isServed) return []
  const address: MirrorAddress = { ...mirror, namespace: reference.registry }
  return [{ reference: { ...reference, registry: mirror.url.host }, address, isMirror: true }]
}

async function rulesOf({ env, systemFolder }: RoutesOptions): Promise<readonly RegistryRule[]> {
  const explicit = env['CONTAINERS_REGISTRIES_CONF']
  if (explicit !== undefined && explicit !== '') return rulesIn(explicit)
  const own = configHome(env)
  const ownFile = own === undefined ? undefined : join(own, 'containers', 'registries.conf')
  const main = ownFile !== undefined && (await readText(ownFile)) !== undefined ? ownFile : undefined
  const systemFile = join(systemFolder, 'containers', 'registries.conf')
  const folders = [
    join(systemFolder, 'containers', 'registries.conf.d'),
    ...(own === undefined ? [] : [join(own, 'containers', 'registries.conf.d')]),
  ]
  const dropIns = (await Promise.all(folders.map(confFiles))).flat()
  const all = await Promise.all([main ?? systemFile, ...dropIns].map(rulesIn))
  // later files win
  return all.reverse().flat()
}

async function rulesIn(path: string): Promise<readonly RegistryRule[]> {
  const text = await readText(path)
  return text === undefined ? [] : parseRegistriesConf(text, path)
}

async function confFiles(folder: string): Promise<readonly string[]> {
  const names = await unlessMissing(readdir(folder))
  return (names ?? [])
    .filter((name) => name.endsWith('.conf'))
    .sort()
    .map((name) => join(folder, name))
}

/** `_default` is for all registries without a folder of their own, and says nothing of how they are reached themselves. */
async function containerdHosts(registry: string, { systemFolder }: RoutesOptions): Promise<HostsToml | undefined> {
  for (const name of [...containerdNames(registry), '_default']) {
    const folder = join(systemFolder, 'containerd', 'certs.d', name)
    const path = join(folder, 'hosts.toml')
    const text = await readText(path)
    if (text === undefined) continue
    const { mirrors, own } = parseHostsToml(text, path)
    return {
      mirrors: mirrors.map((mirror) => ({ ...mirror, ...withFiles(mirror, folder) })),
      own: name === '_default' ? noAccess : withFiles(own, folder),
    }
  }
  return undefined
}

const noAccess: HostAccess = { skipVerify: false, ca: [], clients: [], headers: {} }

/** Relative files are beside the configuration. */
function withFiles(access: HostAccess, folder: string): HostAccess {
  return {
    ...access,
    ca: access.ca.map((file) => resolve(folder, file)),
    clients: access.clients.map(({ cert, key }) => ({ cert: resolve(folder, cert), key: resolve(folder, key) })),
  }
}

/** containerd writes a port as `host:5000` or `host_5000_`. */
export function containerdNames(registry: string): readonly string[] {
  const other = registry.replace(/:(\d+)$/, '_$1_')
  return other === registry ? [registry] : [other, registry]
}

function configHome(env: RoutesOptions['env']): string | undefined {
  const { XDG_CONFIG_HOME: own, HOME: home } = env
  if (own !== undefined && own !== '') return own
  return home === undefined || home === '' ? undefined : join(home, '.config')
}

/** Undefined when there is no such file, or it is not ours to read. */
async function readText(path: string): Promise<string | undefined> {
  return unlessMissing(readFile(path, 'utf8'))
}

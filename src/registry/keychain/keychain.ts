import { join } from 'node:path'
import { memoizeAsync } from '../../support/index.ts'
import type { Credentials } from '../auth/credentials.ts'
import { parseAuthFile, readAuthFile, type AuthFile } from './auth-file.ts'
import { askHelper, type HelperOutside } from './helper.ts'
import { matchesPullSecretKey } from './pull-secret.ts'
import type { Login } from './store-credentials.ts'

/** Finds the credentials for a repository. */
export interface Keychain {
  /** Best first; empty when nobody stored any. */
  credentialsFor(registry: string, repository: string): Promise<readonly Credentials[]>
}

/** Where a keychain looks. */
export interface KeychainOptions extends HelperOutside {
  /** Texts of `.dockerconfigjson`; asked before the files. */
  readonly pullSecrets?: readonly string[]
  /** Asked when nothing is stored for a registry; undefined: it has none either. */
  readonly lastResort?: (registry: string) => Promise<Login | undefined>
}

/**
 * Reads the files of docker and podman at the first question, once per run: `DOCKER_AUTH_CONFIG` (a text),
 * `REGISTRY_AUTH_FILE` or else docker's configuration, podman's files, and `~/.dockercfg`.
 */
export function createKeychain(options: KeychainOptions): Keychain {
  const secrets = (options.pullSecrets ?? []).map((text) => parseAuthFile(text, 'the pull secret'))
  const read = memoizeAsync(readFiles)
  const askOnce = memoizeAsync(async (key: string) => {
    const [name = '', server = ''] = key.split(' ')
    return askHelper(name, server, options)
  })
  const search: Search = { ask: async (name, server) => askOnce(`${name} ${server}`) }
  return {
    async credentialsFor(registry, repository) {
      const found = secrets.flatMap((file) => fromSecret(file, registry, repository))
      for (const file of await read(options.env)) {
        const credentials = await fromFile(file, { registry, repository }, search)
        if (credentials !== undefined) return [...found, credentials]
      }
      if (found.length > 0) return found
      const login = await options.lastResort?.(registry)
      return login === undefined ? [] : [{ kind: 'basic', ...login }]
    },
  }
}

interface Search {
  readonly ask: (helper: string, server: string) => Promise<Credentials | undefined>
}

interface Wanted {
  readonly registry: string
  readonly repository: string
}

async function readFiles(env: KeychainOptions['env']): Promise<readonly AuthFile[]> {
  const inline = env['DOCKER_AUTH_CONFIG']
  const files = await Promise.all(authFilePaths(env).map(readAuthFile))
  return [
    ...(inline === undefined || inline === '' ? [] : [parseAuthFile(inline, 'DOCKER_AUTH_CONFIG')]),
    ...files.filter((file) => file !== undefined),
  ]
}

/** In the order they are asked. @see https://github.com/containers/container-libs (containers-auth.json.5) */
function authFilePaths(env: KeychainOptions['env']): readonly string[] {
  const explicit = filled(env['REGISTRY_AUTH_FILE'])
  if (explicit !== undefined) return [explicit]
  const home = filled(env['HOME']) ?? filled(env['USERPROFILE'])
  const dockerFolder = filled(env['DOCKER_CONFIG']) ?? under(home, '.docker')
  const configHome = filled(env['XDG_CONFIG_HOME']) ?? under(home, '.config')
  return [
    under(dockerFolder, 'config.json'),
    under(filled(env['XDG_RUNTIME_DIR']), 'containers/auth.json'),
    under(configHome, 'containers/auth.json'),
    under(home, '.dockercfg'),
  ].filter((path) => path !== undefined)
}

function filled(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

function under(folder: string | undefined, path: string): string | undefined {
  return folder === undefined ? undefined : join(folder, path)
}

/** `credHelpers` before `auths` of the repository's own before `credsStore` before the host's `auths`, as podman and docker agree. */
async function fromFile(file: AuthFile, wanted: Wanted, { ask }: Search): Promise<Credentials | undefined> {
  const server = serverKeys(wanted.registry)[0] ?? wanted.registry
  const helper = serverKeys(wanted.registry)
    .map((key) => file.credHelpers[key])
    .find((name) => name !== undefined && name !== '')
  if (helper !== undefined) return ask(helper, server)
  const own = namespaceKeys(wanted)
    .map((key) => file.auths[key])
    .find((credentials) => credentials !== undefined)
  if (own !== undefined) return own
  const stored = file.credsStore === undefined ? undefined : await ask(file.credsStore, server)
  return stored ?? hostAuth(file, wanted.registry)
}

/** `host/team/app`, `host/team`: podman's keys, most specific first. */
function namespaceKeys({ registry, repository }: Wanted): readonly string[] {
  const parts = repository.split('/')
  return parts.map((_, at) => [registry, ...parts.slice(0, parts.length - at)].join('/'))
}

function hostAuth(file: AuthFile, registry: string): Credentials | undefined {
  const keys = serverKeys(registry)
  const exact = keys.map((key) => file.auths[key]).find((credentials) => credentials !== undefined)
  if (exact !== undefined) return exact
  return Object.entries(file.auths).find(([key]) => keys.includes(hostOfUrl(key) ?? ''))?.[1]
}

/** How the registry is called in files of credentials. */
function serverKeys(registry: string): readonly string[] {
  if (registry !== 'docker.io') return [registry]
  return ['https://index.docker.io/v1/', 'index.docker.io', 'docker.io', 'registry-1.docker.io']
}

/** The host of a key written as docker once did: `https://host/v1/`, `host/v2/`. */
function hostOfUrl(key: string): string | undefined {
  const match = /^(?:https?:\/\/)?([^/]+)(?:\/(?:v[12]\/?)?)?$/.exec(key)
  return match?.[1]
}

/** The kubelet tries every entry that matches. */
function fromSecret(file: AuthFile, registry: string, repository: string): readonly Credentials[] {
  return Object.entries(file.auths)
    .filter(([key]) => matchesPullSecretKey(key, { registry, repository }))
    .sort(([left], [right]) => (left < right ? 1 : -1))
    .map(([, credentials]) => credentials)
}

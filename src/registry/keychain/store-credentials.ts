import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, realpath, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as v from 'valibot'
import { ToolError } from '../../errors/index.ts'
import type { RunProcess } from '../../subprocess/index.ts'

/** A name and a password. */
export interface Login {
  readonly username: string
  readonly password: string
}

/** Where credentials are kept. */
export interface StoreOutside {
  /** Says where docker's configuration is. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly runProcess: RunProcess
}

/** Where a login went. */
export interface StoredLogin {
  /** The configuration's path, or the helper's program. */
  readonly place: string
  /** Whether anybody who may read the file can read the password. */
  readonly isPlain: boolean
}

/**
 * Keeps a login for a registry as docker does: with the helper that its configuration names, else in the configuration
 * itself. Everything else in the file stays.
 * @throws FILE_UNREADABLE, FILE_UNWRITABLE, PROGRAM_MISSING, PROGRAM_FAILED
 */
export async function storeLogin(registry: string, login: Login, outside: StoreOutside): Promise<StoredLogin> {
  const path = configPath(outside.env)
  const config = await readConfig(path)
  const key = keyOf(registry)
  const helper = helperFor(config, registry)
  if (helper === undefined) {
    const auth = Buffer.from(`${login.username}:${login.password}`).toString('base64')
    await writeConfig(path, { ...config, auths: { ...config.auths, [key]: { auth } } })
    return { place: path, isPlain: true }
  }
  const secret = { ServerURL: key, Username: login.username, Secret: login.password }
  await askHelper(helper, { action: 'store', input: JSON.stringify(secret) }, outside)
  // docker notes beside a helper that there is a login
  await writeConfig(path, { ...config, auths: { ...config.auths, [key]: {} } })
  return { place: `docker-credential-${helper}`, isPlain: false }
}

/**
 * Forgets the login for a registry, by whatever name it is kept; false when there was none.
 * @throws FILE_UNREADABLE, FILE_UNWRITABLE, PROGRAM_MISSING, PROGRAM_FAILED
 */
export async function eraseLogin(registry: string, outside: StoreOutside): Promise<boolean> {
  const path = configPath(outside.env)
  const config = await readConfig(path)
  const helper = helperFor(config, registry)
  const keys = Object.keys(config.auths ?? {}).filter((key) => namesOf(registry).includes(bareName(key)))
  const wasKept = keys.length > 0 || (helper !== undefined && (await isKept(helper, registry, outside)))
  if (helper !== undefined && wasKept) {
    await askHelper(helper, { action: 'erase', input: keyOf(registry) }, outside)
  }
  if (keys.length > 0) {
    const auths = Object.fromEntries(Object.entries(config.auths ?? {}).filter(([key]) => !keys.includes(key)))
    await writeConfig(path, { ...config, auths })
  }
  return wasKept
}

/** Everything that is not about logins is passed on as it is. */
const configSchema = v.looseObject({
  auths: v.exactOptional(v.record(v.string(), v.unknown())),
  credsStore: v.exactOptional(v.string()),
  credHelpers: v.exactOptional(v.record(v.string(), v.string())),
})

type Config = v.InferOutput<typeof configSchema>

/** The file that logins are read from first. */
function configPath(env: StoreOutside['env']): string {
  const explicit = env['REGISTRY_AUTH_FILE'] ?? ''
  if (explicit !== '') return explicit
  const folder = env['DOCKER_CONFIG'] ?? ''
  if (folder !== '') return join(folder, 'config.json')
  const home = env['HOME'] ?? env['USERPROFILE'] ?? ''
  if (home !== '') return join(home, '.docker', 'config.json')
  throw new ToolError('FILE_UNWRITABLE', 'there is no home directory to keep a login in', {
    hint: 'set DOCKER_CONFIG to a folder',
  })
}

async function readConfig(path: string): Promise<Config> {
  try {
    const text = await readFile(path, 'utf8')
    return text.trim() === '' ? {} : v.parse(configSchema, JSON.parse(text))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    throw new ToolError('FILE_UNREADABLE', `docker's configuration ${path} cannot be understood`, {
      hint: `mend or remove ${path}, then log in again`,
      cause: error,
    })
  }
}

/** For the owner alone, whole or not at all; a link to the file stays a link. */
async function writeConfig(path: string, config: Config): Promise<void> {
  const folder = dirname(path)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const target = await realpath(path).catch(() => path)
  const temporary = join(dirname(target), `.config.json.${randomBytes(6).toString('hex')}`)
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(`${JSON.stringify(config, undefined, '\t')}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, target)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

function helperFor({ credHelpers, credsStore }: Config, registry: string): string | undefined {
  const own = namesOf(registry).map((name) => credHelpers?.[name])
  const [helper] = [...own, credHelpers?.[keyOf(registry)], credsStore].filter((name) => (name ?? '') !== '')
  return helper
}

interface HelperCall {
  readonly action: 'store' | 'erase'
  readonly input: string
}

async function askHelper(name: string, { action, input }: HelperCall, outside: StoreOutside): Promise<void> {
  const command = `docker-credential-${name}`
  const { env, runProcess } = outside
  const { status, stdout, stderr } = await runProcess({ command, args: [action], input, env })
  if (status === 0) return
  const said = (stderr.trim() === '' ? stdout : stderr).trim().split('\n').at(-1) ?? ''
  throw new ToolError('PROGRAM_FAILED', `${command} ${action} failed: ${said}`, {
    hint: "mend the helper, or remove it from docker's config.json",
  })
}

async function isKept(name: string, registry: string, { env, runProcess }: StoreOutside): Promise<boolean> {
  const asked = { command: `docker-credential-${name}`, args: ['get'], input: keyOf(registry), env }
  return (await runProcess(asked)).status === 0
}

/** Docker Hub is kept under an address of its first days. */
function keyOf(registry: string): string {
  return registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry
}

function namesOf(registry: string): readonly string[] {
  return registry === 'docker.io' ? ['index.docker.io', 'docker.io', 'registry-1.docker.io'] : [registry]
}

/** `https://host/v1/` is host. */
function bareName(key: string): string {
  return key.replace(/^https?:\/\//, '').replace(/\/(?:v[12]\/?)?$/, '')
}

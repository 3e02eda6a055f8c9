import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ToolError } from '../../errors/index.ts'
import type { Event } from '../../events/index.ts'
import type { RunProcess, RunSpec } from '../../subprocess/index.ts'
import type { Credentials } from '../auth/credentials.ts'
import { parseAuthFile } from './auth-file.ts'
import { createKeychain, type KeychainOptions } from './keychain.ts'
import { matchesPullSecretKey } from './pull-secret.ts'

let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catamaran-keychain-'))
})

afterEach(async () => rm(folder, { recursive: true }))

const noProgram: RunProcess = async ({ command }) => Promise.reject(new ToolError('PROGRAM_MISSING', `no ${command}`))

/** Answers as a credential helper does. */
function helper(answers: Readonly<Record<string, string>>, runs: RunSpec[] = []): RunProcess {
  return async (spec) => {
    runs.push(spec)
    const answer = answers[String(spec.input)]
    const stdout = answer ?? 'credentials not found in native keychain\n'
    return Promise.resolve({ status: answer === undefined ? 1 : 0, signal: undefined, stdout, stderr: '' })
  }
}

async function write(path: string, document: unknown): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), JSON.stringify(document))
}

async function ask(
  image: readonly [registry: string, repository: string],
  options: Partial<KeychainOptions> = {},
): Promise<readonly Credentials[]> {
  const keychain = createKeychain({ env: { HOME: folder }, runProcess: noProgram, emit: () => undefined, ...options })
  return keychain.credentialsFor(...image)
}

const auth = (text: string): { auth: string } => ({ auth: Buffer.from(text).toString('base64') })
const login = (username: string, password: string): Credentials => ({ kind: 'basic', username, password })

describe("docker's config.json", () => {
  test.each<[string, Record<string, object>, string, Credentials | undefined]>([
    ['a host', { 'reg.io': auth('u:p') }, 'reg.io', login('u', 'p')],
    ['a password with a colon', { 'reg.io': auth('u:p:q') }, 'reg.io', login('u', 'p:q')],
    ['a padded password', { 'reg.io': auth('u:p\0\0') }, 'reg.io', login('u', 'p')],
    ['two fields', { 'reg.io': { username: 'u', password: 'p' } }, 'reg.io', login('u', 'p')],
    ['Docker Hub', { 'https://index.docker.io/v1/': auth('u:p') }, 'docker.io', login('u', 'p')],
    ['Docker Hub by its name', { 'docker.io': auth('u:p') }, 'docker.io', login('u', 'p')],
    ['an old key', { 'https://reg.io/v1/': auth('u:p') }, 'reg.io', login('u', 'p')],
    ['a newer old key', { 'reg.io/v2/': auth('u:p') }, 'reg.io', login('u', 'p')],
    ['another port', { 'reg.io:5000': auth('u:p') }, 'reg.io', undefined],
    ['an empty entry', { 'reg.io': {} }, 'reg.io', undefined],
    [
      'an identity token',
      { 'reg.io': { ...auth('00000000-0000-0000-0000-000000000000:'), identitytoken: 't' } },
      'reg.io',
      { kind: 'identityToken', username: '00000000-0000-0000-0000-000000000000', token: 't' },
    ],
    ['an access token', { 'reg.io': { registrytoken: 't' } }, 'reg.io', { kind: 'accessToken', token: 't' }],
    ['the most specific namespace', { 'reg.io/a': auth('u:ns'), 'reg.io': auth('u:p') }, 'reg.io', login('u', 'ns')],
    ['a namespace of others', { 'reg.io/b': auth('u:ns') }, 'reg.io', undefined],
  ])('%s', async (_, auths, registry, credentials) => {
    await write('.docker/config.json', { auths })
    expect(await ask([registry, 'a/b'])).toEqual(credentials === undefined ? [] : [credentials])
  })

  test('a helper of the host is asked before the store, the store before what is written', async () => {
    await write('.docker/config.json', {
      auths: { 'reg.io': auth('u:written'), 'other.io': auth('u:written'), 'third.io': auth('u:written') },
      credHelpers: { 'reg.io': 'own' },
      credsStore: 'all',
    })
    const runs: RunSpec[] = []
    const answer = (secret: string): string => JSON.stringify({ ServerURL: 'x', Username: 'u', Secret: secret })
    const runProcess = helper({ 'reg.io': answer('helper'), 'other.io': answer('store') }, runs)
    expect(await ask(['reg.io', 'a'], { runProcess })).toEqual([login('u', 'helper')])
    expect(await ask(['other.io', 'a'], { runProcess })).toEqual([login('u', 'store')])
    expect(await ask(['third.io', 'a'], { runProcess })).toEqual([login('u', 'written')])
    expect(runs.map(({ command, args, input }) => [command, ...args, input])).toEqual([
      ['docker-credential-own', 'get', 'reg.io'],
      ['docker-credential-all', 'get', 'other.io'],
      ['docker-credential-all', 'get', 'third.io'],
    ])
  })

  test("a helper's user <token> is an identity token, and a helper is asked once per run", async () => {
    await write('.docker/config.json', { credsStore: 'all' })
    const runs: RunSpec[] = []
    const answers = { 'https://index.docker.io/v1/': JSON.stringify({ Username: '<token>', Secret: 's' }) }
    const keychain = createKeychain({ env: { HOME: folder }, runProcess: helper(answers, runs), emit: () => undefined })
    const found = await Promise.all(['a', 'b'].map(async (name) => keychain.credentialsFor('docker.io', name)))
    const token = { kind: 'identityToken', username: '', token: 's' }
    expect(found).toEqual([[token], [token]])
    expect(runs).toHaveLength(1)
  })

  test('a missing helper is a warning, and nothing more', async () => {
    await write('.docker/config.json', { credHelpers: { 'reg.io': 'gone' } })
    const events: Event[] = []
    expect(await ask(['reg.io', 'a'], { emit: (event) => events.push(event) })).toEqual([])
    expect(events).toEqual([
      {
        type: 'warning',
        text: 'the credential helper docker-credential-gone is not installed; going on without credentials for reg.io',
        hint: "install docker-credential-gone, or remove it from docker's config.json",
      },
    ])
  })

  test('a file that is not JSON is an error with its path', async () => {
    await mkdir(join(folder, '.docker'))
    await writeFile(join(folder, '.docker/config.json'), '{')
    await expect(ask(['reg.io', 'a'])).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining(join(folder, '.docker/config.json')),
    })
  })
})

describe('other places', () => {
  test.each<[string, (at: string) => Record<string, string>]>([
    ['elsewhere/config.json', (at) => ({ DOCKER_CONFIG: `${at}/elsewhere` })],
    ['my-auth.json', (at) => ({ REGISTRY_AUTH_FILE: `${at}/my-auth.json` })],
    ['run/containers/auth.json', (at) => ({ XDG_RUNTIME_DIR: `${at}/run` })],
    ['.config/containers/auth.json', (at) => ({ HOME: at })],
    ['conf/containers/auth.json', (at) => ({ HOME: at, XDG_CONFIG_HOME: `${at}/conf` })],
  ])('%s', async (path, env) => {
    await write(path, { auths: { 'reg.io': auth('u:p') } })
    expect(await ask(['reg.io', 'a'], { env: env(folder) })).toEqual([login('u', 'p')])
  })

  test('~/.dockercfg is read as it was written then', async () => {
    await write('.dockercfg', { 'https://reg.io/v1/': auth('u:p') })
    expect(await ask(['reg.io', 'a'])).toEqual([login('u', 'p')])
  })

  test('DOCKER_AUTH_CONFIG holds the text itself and comes first', async () => {
    await write('.docker/config.json', { auths: { 'reg.io': auth('u:file') } })
    const text = JSON.stringify({ auths: { 'reg.io': auth('u:env') } })
    expect(await ask(['reg.io', 'a'], { env: { HOME: folder, DOCKER_AUTH_CONFIG: text } })).toEqual([login('u', 'env')])
  })

  test('no home and no files: nobody', async () => {
    expect(await ask(['reg.io', 'a'], { env: {} })).toEqual([])
  })
})

describe('pull secrets', () => {
  test.each([
    ['reg.io', 'reg.io', 'a/b', true],
    ['https://reg.io/v1/', 'reg.io', 'a/b', true],
    ['*.reg.io', 'eu.reg.io', 'a/b', true],
    ['*.reg.io', 'a.eu.reg.io', 'a/b', false],
    ['*.reg.io', 'reg.io', 'a/b', false],
    ['r?g.io', 'reg.io', 'a/b', true],
    ['r[a-f]g.io', 'reg.io', 'a/b', true],
    ['r[f-a]g.io', 'reg.io', 'a/b', false],
    ['r[g.io', 'r[g.io', 'a/b', false],
    ['reg.io/a', 'reg.io', 'a/b', true],
    ['reg.io/c', 'reg.io', 'a/b', false],
    ['reg.io:5000', 'reg.io', 'a/b', false],
    ['*.io:5000', 'reg.io:5000', 'a/b', true],
    ['https://index.docker.io/v1/', 'docker.io', 'library/a', true],
    ['index.docker.io', 'docker.io', 'library/a', true],
  ])('%s for %s/%s: %s', (key, registry, repository, matches) => {
    expect(matchesPullSecretKey(key, { registry, repository })).toBe(matches)
  })

  test('every match is tried, the more specific first, then the files', async () => {
    await write('.docker/config.json', { auths: { 'reg.io': auth('u:file') } })
    const pullSecrets = [JSON.stringify({ auths: { 'reg.io': auth('u:host'), 'reg.io/a': auth('u:path') } })]
    expect(await ask(['reg.io', 'a/b'], { pullSecrets })).toEqual([
      login('u', 'path'),
      login('u', 'host'),
      login('u', 'file'),
    ])
  })

  test('members that are null or unknown do no harm', () => {
    const text = JSON.stringify({ auths: { 'reg.io': { auth: null, email: 'x' } }, credHelpers: null, other: 1 })
    expect(parseAuthFile(text, 'x')).toEqual({ path: 'x', auths: {}, credHelpers: {} })
  })
})

test('where nothing is stored the last resort is asked, and else not', async () => {
  const asked: string[] = []
  const lastResort: KeychainOptions['lastResort'] = async (registry) => {
    asked.push(registry)
    return Promise.resolve(registry === 'known.example.com' ? { username: 'u', password: 'p' } : undefined)
  }
  await write('.docker/config.json', { auths: { 'stored.example.com': { auth: btoa('a:b') } } })
  const find = async (registry: string): Promise<readonly Credentials[]> => ask([registry, 'app'], { lastResort })
  expect(await find('known.example.com')).toEqual([{ kind: 'basic', username: 'u', password: 'p' }])
  expect(await find('other.example.com')).toEqual([])
  expect(await find('stored.example.com')).toEqual([{ kind: 'basic', username: 'a', password: 'b' }])
  expect(asked).toEqual(['known.example.com', 'other.example.com'])
})

import { chmod, lstat, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { logIn, logOut, swrLogin } from '../../src/pipeline/login/index.ts'
import { createMemoryStore, createRegistryHandler } from '../../src/registry-server/index.ts'
import { runProcess } from '../../src/subprocess/index.ts'
import { startTokenRegistry, type TokenRegistry } from '../support/auth-server.ts'
import { aReference, aRegistry, startSpy, type Spy } from '../support/registry-fixtures.ts'

/** Logins are checked with the registry, and kept where docker and the registry client look for them. */

const good = `Basic ${Buffer.from('bot:secret').toString('base64')}`
let tokens: TokenRegistry
let basic: Spy
let folder: string
let env: Record<string, string>

beforeAll(async () => {
  const inner = createRegistryHandler({ store: createMemoryStore() })
  tokens = await startTokenRegistry({ inner: (req, res) => void inner(req, res), logins: [good] })
  basic = await startSpy((req, res) => {
    if (req.headers.authorization === good) void inner(req, res)
    else res.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
  })
})

afterAll(async () => {
  await tokens.close()
  await basic.close()
})

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'login-'))
  env = { DOCKER_CONFIG: folder, PATH: `${folder}:${process.env['PATH'] ?? ''}` }
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

const context = () => ({ env, runProcess, emit: () => undefined, signal: new AbortController().signal })

const logInTo = async (registry: string, password = 'secret') =>
  logIn(context(), { registry, username: 'bot', password, reach: {} })

const config = async (): Promise<unknown> => JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'))

describe.each([
  ['a token server', () => tokens.registry.host],
  ['plain passwords', () => basic.host],
])('with %s', (_, host) => {
  test('a right login is kept, and is what the client then uses', async () => {
    const stored = await logInTo(host())
    expect(stored).toEqual({ place: join(folder, 'config.json'), isPlain: true })
    const client = aRegistry({ env, runProcess })
    await expect(client.resolve(aReference(host(), 'team/app:none'))).resolves.toBeUndefined()
    await client.close()
  })

  test('a wrong one is refused, and nothing is written', async () => {
    await expect(logInTo(host(), 'wrong')).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED' })
    await expect(config()).rejects.toThrow('ENOENT')
  })
})

test('what else is in the configuration stays; the file is for its owner alone, and a link stays a link', async () => {
  const real = join(folder, 'real.json')
  await writeFile(real, JSON.stringify({ auths: { 'other.example.com': { auth: 'eA==' } }, proxies: { default: {} } }))
  await symlink(real, join(folder, 'config.json'))
  await logInTo(basic.host)
  expect(await config()).toEqual({
    auths: { 'other.example.com': { auth: 'eA==' }, [basic.host]: { auth: good.slice('Basic '.length) } },
    proxies: { default: {} },
  })
  expect((await lstat(join(folder, 'config.json'))).isSymbolicLink()).toBe(true)
  expect((await stat(real)).mode & 0o777).toBe(0o600)
})

test('a configuration that cannot be understood is left alone', async () => {
  await writeFile(join(folder, 'config.json'), '{')
  await expect(logInTo(basic.host)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  expect(await readFile(join(folder, 'config.json'), 'utf8')).toBe('{')
})

test('logout forgets all spellings of the registry, and says when there was nothing', async () => {
  const auths = { [basic.host]: { auth: 'eA==' }, [`https://${basic.host}/v1/`]: { auth: 'eA==' }, 'other:5': {} }
  await writeFile(join(folder, 'config.json'), JSON.stringify({ auths }))
  expect(await logOut(context(), basic.host)).toBe(true)
  expect(await config()).toEqual({ auths: { 'other:5': {} } })
  expect(await logOut(context(), basic.host)).toBe(false)
})

describe('a credential helper', () => {
  const kept = (): string => join(folder, 'kept')

  async function install(failing = false): Promise<void> {
    const script = failing
      ? 'echo "the keychain is locked"; exit 1'
      : `case "$1" in store) cat > "${kept()}" ;; erase) rm "${kept()}" ;; get) cat "${kept()}" ;; esac`
    await writeFile(join(folder, 'docker-credential-test'), `#!/bin/sh\n${script}\n`)
    await chmod(join(folder, 'docker-credential-test'), 0o755)
  }

  test.each([
    ['for all registries', () => ({ credsStore: 'test' })],
    ['for this one', () => ({ credHelpers: { [basic.host]: 'test' } })],
  ])('%s keeps the password, and the configuration does not', async (_, settings) => {
    await install()
    await writeFile(join(folder, 'config.json'), JSON.stringify(settings()))
    expect(await logInTo(basic.host)).toEqual({ place: 'docker-credential-test', isPlain: false })
    expect(JSON.parse(await readFile(kept(), 'utf8'))).toEqual({
      ServerURL: basic.host,
      Username: 'bot',
      Secret: 'secret',
    })
    expect(await config()).toEqual({ ...settings(), auths: { [basic.host]: {} } })
    expect(await logOut(context(), basic.host)).toBe(true)
    await expect(readFile(kept())).rejects.toThrow('ENOENT')
    expect(await config()).toEqual({ ...settings(), auths: {} })
  })

  test('that fails, or is not there, is an error, and the password is not kept elsewhere', async () => {
    await writeFile(join(folder, 'config.json'), JSON.stringify({ credsStore: 'test' }))
    await expect(logInTo(basic.host)).rejects.toMatchObject({ code: 'PROGRAM_MISSING' })
    await install(true)
    await expect(logInTo(basic.host)).rejects.toThrow('the keychain is locked')
    expect(await config()).toEqual({ credsStore: 'test' })
  })
})

describe("Huawei Cloud's long-term login", () => {
  test('is made of the keys: the password is a keyed hash of the access key', () => {
    const keys = { accessKey: 'key', secretKey: 'Jefe' }
    expect(swrLogin('swr.cn-north-4.myhuaweicloud.com', keys).username).toBe('cn-north-4@key')
    // the second test case of RFC 4231
    const known = swrLogin('swr.x.myhuaweicloud.com', { accessKey: 'what do ya want for nothing?', secretKey: 'Jefe' })
    expect(known.password).toBe('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843')
  })

  test('needs a region', () => {
    const keys = { accessKey: 'key', secretKey: 'secret' }
    expect(() => swrLogin('reg.example.com', keys)).toThrow('does not say its region')
    expect(swrLogin('reg.example.com', { ...keys, project: 'cn-east-3_p' }).username).toBe('cn-east-3_p@key')
  })
})

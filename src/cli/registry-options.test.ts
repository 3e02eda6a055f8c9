import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { registryFlags } from './commands/shared-flags.ts'
import { parseArguments } from './flags/index.ts'
import { registryOptions } from './registry-options.ts'
import { registryTrust } from './registry-trust.ts'

const secret = '{"auths":{"*.example.com":{"username":"bot","password":"x"}}}'
let cwd: string

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'catamaran-reach-'))
  await writeFile(join(cwd, 'bare.json'), secret)
  const data = { '.dockerconfigjson': Buffer.from(secret).toString('base64') }
  await writeFile(join(cwd, 'secret.json'), JSON.stringify({ kind: 'Secret', data }, undefined, 4))
  await writeFile(join(cwd, 'other.json'), '{"kind":"Secret","data":{"token":"eA=="}}')
})

afterAll(async () => {
  await rm(cwd, { recursive: true })
})

const read = async (argv: readonly string[], env: Record<string, string> = {}): ReturnType<typeof registryOptions> =>
  registryOptions({ flags: parseArguments(argv, registryFlags, env).flags, cwd })

const nothing = {
  plainHttp: false,
  skipTlsVerify: false,
  insecureRegistries: [],
  pullSecrets: [],
  http: { retry: { maxWaitMs: 60_000 } },
}

test.each<[string[], Record<string, string>, object]>([
  [[], {}, {}],
  [['--plain-http'], {}, { plainHttp: true }],
  [['--insecure-skip-tls-verify'], {}, { skipTlsVerify: true }],
  [['--insecure-registry=a,b:5000', '--insecure-registry=c'], {}, { insecureRegistries: ['a', 'b:5000', 'c'] }],
  [['--registry-wait=5m'], {}, { http: { retry: { maxWaitMs: 300_000 } } }],
  [[], { CATAMARAN_REGISTRY_WAIT: '0s' }, { http: { retry: { maxWaitMs: 0 } } }],
  [[], { CATAMARAN_PLAIN_HTTP: 'true' }, { plainHttp: true }],
  [['--pull-secret=bare.json,secret.json'], {}, { pullSecrets: [secret, secret] }],
])('%j with %j', async (argv, env, wanted) => {
  expect(await read(argv, env)).toEqual({ ...nothing, ...wanted })
})

test.each<[string[], object]>([
  [[], { insecureRegistries: ['known'] }],
  [['--insecure-registry=a,known'], { insecureRegistries: ['a', 'known'] }],
  [['--plain-http'], { insecureRegistries: ['known'], all: 'http' }],
  [['--insecure-skip-tls-verify'], { insecureRegistries: ['known'], all: 'anyCertificate' }],
])('%j reaches builders', (argv, trust) => {
  expect(registryTrust({ flags: parseArguments(argv, registryFlags, {}).flags }, ['known'])).toEqual(trust)
})

test.each([
  ['--registry-wait=soon', 'USAGE'],
  ['--pull-secret=missing.json', 'FILE_UNREADABLE'],
  ['--pull-secret=other.json', 'FILE_UNREADABLE'],
])('%s is %s', async (argument, code) => {
  await expect(read([argument])).rejects.toMatchObject({ code })
})

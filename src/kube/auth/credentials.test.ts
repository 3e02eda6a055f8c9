import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { selfSigned } from '../../../test/support/self-signed.ts'
import { runProcess } from '../../subprocess/index.ts'
import type { ExecPlugin, KubeUser } from '../config/target.ts'
import type { Credentials, CredentialSource } from './contract.ts'
import { createCredentials } from './credentials.ts'

let folder: string
let script: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'credentials-'))
  script = join(folder, 'plugin.mjs')
  await writeFile(
    script,
    `import { appendFileSync, readFileSync } from 'node:fs'
const info = JSON.parse(process.env.KUBERNETES_EXEC_INFO)
appendFileSync(process.env.SEEN, JSON.stringify(info) + '\\n')
const count = readFileSync(process.env.SEEN, 'utf8').trim().split('\\n').length
if (process.env.FAIL) { console.error('login expired, token=abcdefghijklmnop'); process.exit(3) }
const status = JSON.parse(process.env.STATUS.replaceAll('COUNT', count))
process.stdout.write(process.env.SAY ?? JSON.stringify({ apiVersion: info.apiVersion, kind: 'ExecCredential', status }))
`,
  )
})

afterAll(async () => rm(folder, { recursive: true }))

function plugin(
  name: string,
  status: object,
  more: Partial<ExecPlugin> & { say?: string; fail?: boolean } = {},
): ExecPlugin {
  const { say, fail, ...rest } = more
  return {
    command: process.execPath,
    args: [script],
    apiVersion: 'client.authentication.k8s.io/v1',
    needsTerminal: false,
    ...rest,
    env: {
      SEEN: join(folder, name),
      STATUS: JSON.stringify(status),
      ...(say === undefined ? {} : { SAY: say }),
      ...(fail === true ? { FAIL: '1' } : {}),
    },
  }
}

function source(user: KubeUser): CredentialSource {
  return createCredentials(user, { env: { PATH: process.env['PATH'] }, runProcess })
}

async function asked(name: string): Promise<readonly Record<string, unknown>[]> {
  const text = await readFile(join(folder, name), 'utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

describe('credentials of the kubeconfig itself', () => {
  test.each<[string, KubeUser, Credentials]>([
    ['none', {}, { headers: {} }],
    ['a token', { token: 'abc' }, { headers: { authorization: 'Bearer abc' } }],
    ['a password', { basic: { username: 'u', password: 'p' } }, { headers: { authorization: 'Basic dTpw' } }],
    [
      'a token wins over a password',
      { token: 'abc', basic: { username: 'u', password: 'p' } },
      { headers: { authorization: 'Bearer abc' } },
    ],
    [
      'a certificate and somebody to act as',
      {
        certificate: { cert: 'C', key: 'K' },
        impersonate: { user: 'jane', groups: ['devs', 'ops'], extra: { 'Acme/Scope': ['view', 'edit'] } },
      },
      {
        certificate: { cert: 'C', key: 'K' },
        headers: {
          'impersonate-user': 'jane',
          'impersonate-group': ['devs', 'ops'],
          'impersonate-extra-acme%2fscope': ['view', 'edit'],
        },
      },
    ],
  ])('%s', async (_, user, expected) => {
    expect(await source(user).get()).toEqual(expected)
  })

  test('fixed ones are not asked for again, a token file is', async () => {
    const file = join(folder, 'token')
    await writeFile(file, 'one\n')
    const fixed = source({ token: 'abc' })
    expect(fixed.renew(await fixed.get())).toBe(false)
    const fromFile = source({ tokenFile: file })
    const first = await fromFile.get()
    await writeFile(file, 'two\n')
    expect((await fromFile.get()).headers).toEqual({ authorization: 'Bearer one' })
    expect(fromFile.renew(first)).toBe(true)
    expect((await fromFile.get()).headers).toEqual({ authorization: 'Bearer two' })
  })
})

describe('a client certificate in files', () => {
  test('is read again when it was refused, and kept while its halves do not match', async () => {
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    await writeFile(cert, `${selfSigned.cert}\n`)
    await writeFile(key, selfSigned.key)
    const own = source({ certificate: selfSigned, certificateFiles: { cert, key } })
    const first = await own.get()
    expect(first.certificate).toEqual(selfSigned)
    expect(own.renew(first)).toBe(true)
    expect((await own.get()).certificate).toEqual({ cert: `${selfSigned.cert}\n`, key: selfSigned.key })
    await writeFile(key, 'half of another one')
    own.renew(first)
    expect((await own.get()).certificate?.key).toBe(selfSigned.key)
  })
})

describe('credentials that a program prints', () => {
  test('it is told what kubectl tells it, and runs once for many requests', async () => {
    const exec = plugin('once', { token: 't-COUNT' }, { cluster: { server: 'https://a', config: null } })
    const many = source({ exec })
    const got = await Promise.all([many.get(), many.get(), many.get()])
    expect(got.map(({ headers }) => headers['authorization'])).toEqual(['Bearer t-1', 'Bearer t-1', 'Bearer t-1'])
    expect(await asked('once')).toEqual([
      {
        kind: 'ExecCredential',
        apiVersion: 'client.authentication.k8s.io/v1',
        spec: { interactive: false, cluster: { server: 'https://a', config: null } },
      },
    ])
  })

  test('what has expired or was refused is asked for again', async () => {
    const expired = source({
      exec: plugin('expired', { token: 't-COUNT', expirationTimestamp: '2020-01-01T00:00:00Z' }),
    })
    await expired.get()
    expect((await expired.get()).headers).toEqual({ authorization: 'Bearer t-2' })
    const later = new Date(Date.now() + 3_600_000).toISOString()
    const good = source({ exec: plugin('good', { token: 't-COUNT', expirationTimestamp: later }) })
    const first = await good.get()
    expect((await good.get()).headers).toEqual({ authorization: 'Bearer t-1' })
    good.renew(first)
    expect((await good.get()).headers).toEqual({ authorization: 'Bearer t-2' })
    good.renew(first)
    expect((await good.get()).headers).toEqual({ authorization: 'Bearer t-2' })
  })

  test('it may give a client certificate', async () => {
    const exec = plugin('cert', { clientCertificateData: 'CERT', clientKeyData: 'KEY' })
    expect(await source({ exec }).get()).toEqual({ headers: {}, certificate: { cert: 'CERT', key: 'KEY' } })
  })

  test.each<[string, Parameters<typeof plugin>[2], { code: string; message?: unknown; hint?: unknown }]>([
    [
      'a failure comes with what it said, without secrets',
      { fail: true },
      { code: 'KUBE_AUTH_FAILED', message: expect.stringMatching(/ended with status 3: login expired/) },
    ],
    ['an answer that is none', { say: 'hello' }, { code: 'KUBE_AUTH_FAILED' }],
    [
      'an answer of another version',
      { say: '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"t"}}' },
      { code: 'KUBE_AUTH_FAILED', message: expect.stringContaining('v1beta1') },
    ],
    [
      'an answer without credentials',
      { say: '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{}}' },
      { code: 'KUBE_AUTH_FAILED', message: expect.stringContaining('neither a token nor a client certificate') },
    ],
    [
      'a program that is not installed gives its own hint',
      { command: 'no-such-plugin', installHint: 'Install it from https://plugin.test' },
      { code: 'KUBE_AUTH_FAILED', hint: 'Install it from https://plugin.test' },
    ],
    ['an old version', { apiVersion: 'client.authentication.k8s.io/v1alpha1' }, { code: 'KUBE_AUTH_UNSUPPORTED' }],
    ['a program that must ask', { needsTerminal: true }, { code: 'KUBE_AUTH_UNSUPPORTED' }],
  ])('%s', async (name, more, expected) => {
    const asking = source({ exec: plugin(name.replaceAll(' ', '-'), { token: 't' }, more) }).get()
    await expect(asking).rejects.toMatchObject(expected)
  })
})

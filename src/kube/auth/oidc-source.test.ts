import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startSpy, type Spy } from '../../../test/support/registry-fixtures.ts'
import { runProcess } from '../../subprocess/index.ts'
import { loadKubeconfig } from '../config/index.ts'
import type { CredentialSource } from './contract.ts'
import { createCredentials } from './credentials.ts'

let folder: string
let issuer: Spy
let forms: Record<string, string>[]
let answer: { readonly status: number; readonly body: object }
let wantsSecretInForm: boolean

const unknownClient: typeof answer = { status: 401, body: { error: 'invalid_client' } }

function answerTo(form: Record<string, string> | undefined): typeof answer {
  return wantsSecretInForm && form?.['client_secret'] === undefined ? unknownClient : answer
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oidc-'))
  forms = []
  wantsSecretInForm = false
  answer = { status: 200, body: { id_token: token(3600, 'new'), refresh_token: 'refresh-2' } }
  issuer = await startSpy((req, res) => {
    let text = ''
    req.on('data', (chunk: Buffer) => (text += chunk.toString()))
    req.on('end', () => {
      if (req.method === 'POST') forms.push(Object.fromEntries(new URLSearchParams(text)))
      const { status, body } =
        req.url === '/realm/.well-known/openid-configuration'
          ? { status: 200, body: { token_endpoint: `${issuer.url}/token` } }
          : answerTo(forms.at(-1))
      res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
  })
})
afterEach(async () => {
  await issuer.close()
  await rm(folder, { recursive: true })
})

function token(seconds: number, id: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return [part({ alg: 'none' }), part({ exp: Math.floor(Date.now() / 1000) + seconds, id }), 'signature'].join('.')
}

const kubeconfig = (): string => join(folder, 'config')

/** A kubeconfig with a login, and the credentials that it gives. */
async function source(config: Readonly<Record<string, string | undefined>>): Promise<CredentialSource> {
  const given = { 'idp-issuer-url': `${issuer.url}/realm`, 'client-id': 'kubernetes', ...config }
  const lines = Object.entries(given).flatMap(([key, value]) =>
    value === undefined ? [] : [`        ${key}: ${value}`],
  )
  const text = [
    'apiVersion: v1',
    'kind: Config',
    'current-context: c',
    'clusters: [{name: k, cluster: {server: "http://127.0.0.1:1"}}]',
    'contexts: [{name: c, context: {cluster: k, user: jane}}]',
    'users:',
    '- name: jane # me',
    '  user:',
    '    auth-provider:',
    '      name: oidc',
    '      config:',
    ...lines,
    '',
  ]
  await writeFile(kubeconfig(), text.join('\n'), { mode: 0o600 })
  const target = await loadKubeconfig({ env: { HOME: folder }, kubeconfig: kubeconfig() })
  return createCredentials(target.user, { env: {}, runProcess })
}

const header = async (from: CredentialSource): Promise<unknown> => (await from.get()).headers['authorization']

describe('an id-token', () => {
  test('that is good is used, and nobody is asked', async () => {
    const good = token(3600, 'old')
    expect(await header(await source({ 'id-token': good, 'refresh-token': 'refresh-1' }))).toBe(`Bearer ${good}`)
    expect(issuer.seen).toEqual([])
  })

  test.each([
    ['has run out', token(-60, 'old')],
    ['is about to', token(5, 'old')],
    ['is none', 'nonsense'],
  ])('that %s is made anew once for all, and kept where it was', async (_, old) => {
    const from = await source({ 'id-token': old, 'refresh-token': 'refresh-1', 'client-secret': 's3 cret' })
    const fresh = `Bearer ${token(3600, 'new')}`
    const got = await Promise.all([header(from), header(from), header(from)])
    expect(got.map((one) => String(one).slice(0, 40))).toEqual(Array.from({ length: 3 }, () => fresh.slice(0, 40)))
    expect(forms).toEqual([{ grant_type: 'refresh_token', refresh_token: 'refresh-1', client_id: 'kubernetes' }])
    expect(issuer.seen.at(-1)?.authorization).toBe(`Basic ${Buffer.from('kubernetes:s3%20cret').toString('base64')}`)
    const kept = await readFile(kubeconfig(), 'utf8')
    expect(kept).toContain('- name: jane # me')
    expect(kept).toContain('refresh-token: refresh-2')
    expect(kept).toContain(`id-token: ${String(got[0]).slice('Bearer '.length)}`)
    expect((await stat(kubeconfig())).mode & 0o777).toBe(0o600)
  })

  test('that the server refuses is made anew', async () => {
    const from = await source({ 'id-token': token(3600, 'old'), 'refresh-token': 'refresh-1' })
    const refused = await from.get()
    expect(from.renew(refused)).toBe(true)
    expect(await header(from)).not.toBe(refused.headers['authorization'])
    expect(forms).toHaveLength(1)
  })

  test('is made where the secret has to stand in the form', async () => {
    const from = await source({ 'refresh-token': 'refresh-1', 'client-secret': 's' })
    wantsSecretInForm = true
    expect(await header(from)).toMatch(/^Bearer /)
    expect(forms.map((form) => form['client_secret'])).toEqual([undefined, 's'])
  })
})

describe('what goes wrong', () => {
  test('a login that has run out', async () => {
    const from = await source({ 'id-token': token(-60, 'old') })
    await expect(from.get()).rejects.toMatchObject({
      code: 'KUBE_AUTH_FAILED',
      message: `user "jane" of the kubeconfig cannot log in at ${issuer.url}/realm: its id-token has run out, and it has no refresh-token`,
    })
  })

  test('a refresh-token that is not accepted', async () => {
    answer = { status: 400, body: { error: 'invalid_grant', error_description: 'Session not active' } }
    const from = await source({ 'refresh-token': 'refresh-1' })
    await expect(from.get()).rejects.toThrow(/invalid_grant: Session not active$/)
  })

  test('an answer without a token', async () => {
    answer = { status: 200, body: { access_token: 'x' } }
    await expect((await source({ 'refresh-token': 'refresh-1' })).get()).rejects.toThrow(/its issuer gave no id_token/)
  })

  test('a login that lacks something', async () => {
    await expect(source({ 'client-id': undefined })).rejects.toMatchObject({
      code: 'KUBE_CONFIG_INVALID',
      message: 'user "jane" has an auth-provider oidc without client-id',
      where: expect.stringMatching(/config:\d+:\d+$/),
    })
  })
})

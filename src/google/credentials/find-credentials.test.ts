import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fakePrograms, type FakePrograms } from '../../../test/support/fake-programs.ts'
import { startGoogleServer, type GoogleServer } from '../../../test/support/google-server.ts'
import { startSpy, type Spy } from '../../../test/support/registry-fixtures.ts'
import { runProcess } from '../../subprocess/index.ts'
import { connectGoogle } from '../client.ts'
import type { Google } from '../contract.ts'

let google: GoogleServer
let folder: string
let programs: FakePrograms
const open: { close(): Promise<void> }[] = []

beforeEach(async () => {
  google = await startGoogleServer()
  google.storage.buckets.set('b', { project: 'proj', objects: new Map() })
  folder = await mkdtemp(join(tmpdir(), 'credentials-'))
  programs = await fakePrograms({})
})
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
  await Promise.all([google.close(), programs.close()])
  await rm(folder, { recursive: true })
})

async function write(name: string, text: string): Promise<string> {
  await mkdir(join(folder, 'gcloud'), { recursive: true })
  await writeFile(join(folder, name), text)
  return join(folder, name)
}

function connect(env: Readonly<Record<string, string | undefined>> = {}, now?: () => number): Google {
  const client = connectGoogle({
    env: { ...google.env, ...programs.env, HOME: folder, CLOUDSDK_CONFIG: join(folder, 'gcloud'), ...env },
    runProcess,
    cwd: folder,
    http: { retry: { sleep: async () => Promise.resolve() } },
    ...(now === undefined ? {} : { now }),
  })
  open.push(client)
  return client
}

const ask = async (client: Google): Promise<unknown> =>
  client.call({ method: 'GET', url: `${google.url}/storage/v1/b/b`, task: 'looking for the bucket b' })

const usual = 'gcloud/application_default_credentials.json'
const json = (value: object): string => JSON.stringify(value)

/** A server of somebody else's tokens, and what it was asked. */
async function serve(answer: (path: string) => object): Promise<Spy & { readonly bodies: string[] }> {
  const bodies: string[] = []
  const spy = await startSpy((req, res) => {
    let body = ''
    req.on('data', (chunk: Buffer) => (body += chunk.toString()))
    req.on('end', () => {
      bodies.push(body)
      res
        .writeHead(200, { 'content-type': 'application/json', 'metadata-flavor': 'Google' })
        .end(json(answer(req.url ?? '')))
    })
  })
  open.push(spy)
  return { ...spy, bodies }
}

/** A token that the server knows. */
async function goodToken(): Promise<string> {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: 'id',
    client_secret: 'secret',
    refresh_token: 'refresh-1',
  })
  const answer = await fetch(`${google.url}/token`, { method: 'POST', body: form })
  return ((await answer.json()) as { access_token: string }).access_token
}

describe('an account is found', () => {
  test('in the file of "gcloud auth application-default login"', async () => {
    await write(usual, google.userFile)
    expect(await ask(connect())).toEqual({ name: 'b' })
  })

  test('in the file that GOOGLE_APPLICATION_CREDENTIALS names, before the usual one', async () => {
    await write(usual, 'nonsense')
    const file = await write('key.json', google.serviceAccountFile)
    expect(await ask(connect({ GOOGLE_APPLICATION_CREDENTIALS: file }))).toEqual({ name: 'b' })
  })

  test('in a variable, before all files', async () => {
    const token = await goodToken()
    await write(usual, 'nonsense')
    expect(await ask(connect({ CLOUDSDK_AUTH_ACCESS_TOKEN: token }))).toEqual({ name: 'b' })
  })

  test.each([
    ['text', (): string => 'their-token\n', {}],
    ['json', (): string => json({ id: 'their-token' }), { format: { type: 'json', subject_token_field_name: 'id' } }],
  ])('by federation, with a token in a file of %s', async (_, content, source) => {
    const token = await goodToken()
    const sts = await serve(() => ({ access_token: token, expires_in: 60 * 60 }))
    const credential_source = { file: await write('subject', content()), ...source }
    const type = 'urn:ietf:params:oauth:token-type:jwt'
    const account = {
      type: 'external_account',
      audience: '//iam/pool',
      subject_token_type: type,
      token_url: `${sts.url}/v1/token`,
    }
    await write(usual, json({ ...account, credential_source }))
    expect(await ask(connect())).toEqual({ name: 'b' })
    expect(Object.fromEntries(new URLSearchParams(sts.bodies[0]))).toMatchObject({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      audience: '//iam/pool',
      subject_token: 'their-token',
      subject_token_type: type,
    })
  })

  test('by federation, with a token from a URL, acting as a service account', async () => {
    const token = await goodToken()
    const server = await serve((path) => {
      if (path === '/subject') return { id: 'their-token' }
      return path === '/sts'
        ? { access_token: 'federated' }
        : { accessToken: token, expireTime: new Date(Date.now() + 3_600_000).toISOString() }
    })
    await write(
      usual,
      json({
        type: 'external_account',
        audience: 'a',
        subject_token_type: 't',
        token_url: `${server.url}/sts`,
        service_account_impersonation_url: `${server.url}/as`,
        credential_source: {
          url: `${server.url}/subject`,
          headers: { 'x-own': '1' },
          format: { type: 'json', subject_token_field_name: 'id' },
        },
      }),
    )
    expect(await ask(connect())).toEqual({ name: 'b' })
    expect(server.seen.map(({ url, headers }) => [url, headers['x-own'], headers.authorization])).toEqual([
      ['/subject', '1', undefined],
      ['/sts', undefined, undefined],
      ['/as', undefined, 'Bearer federated'],
    ])
  })

  test('acting as a service account', async () => {
    const token = await goodToken()
    const server = await serve(() => ({ accessToken: token, expireTime: '2100-01-01T00:00:00Z' }))
    const source_credentials = JSON.parse(google.userFile) as object
    const url = `${server.url}/as`
    await write(
      usual,
      json({
        type: 'impersonated_service_account',
        service_account_impersonation_url: url,
        delegates: ['d'],
        source_credentials,
      }),
    )
    expect(await ask(connect())).toEqual({ name: 'b' })
    expect(server.bodies).toEqual([
      json({ scope: ['https://www.googleapis.com/auth/cloud-platform'], delegates: ['d'] }),
    ])
  })

  test('on a machine in Google’s cloud', async () => {
    const token = await goodToken()
    const metadata = await serve(() => ({ access_token: token, expires_in: 60 * 60 }))
    expect(await ask(connect({ NO_GCE_CHECK: '', GCE_METADATA_HOST: metadata.host }))).toEqual({ name: 'b' })
    expect(metadata.seen.map(({ url, headers }) => `${url} ${String(headers['metadata-flavor'])}`)).toEqual([
      '/computeMetadata/v1/instance/service-accounts/default/token Google',
    ])
  })

  test('in gcloud, when there is nothing else', async () => {
    await programs.close()
    programs = await fakePrograms({ gcloud: `console.log(${JSON.stringify(await goodToken())})` })
    expect(await ask(connect())).toEqual({ name: 'b' })
    expect((await programs.calls()).map(({ args }) => args.join(' '))).toEqual(['auth print-access-token'])
  })
})

describe('no account is found', () => {
  test('anywhere', async () => {
    await expect(ask(connect())).rejects.toMatchObject({
      code: 'GOOGLE_CREDENTIALS_MISSING',
      message: expect.stringContaining(join(folder, usual)),
      hint: 'log in with "gcloud auth application-default login"',
    })
  })

  test.each([
    [
      '{"type":"authorized_user","client_id":"c","client_secret":"geheim"}',
      /holds no credentials that can be used: see `refresh_token`/,
    ],
    ['{"type":"gdch_service_account"}', /holds no credentials that can be used: see `type`/],
    ['geheim', /holds no credentials that can be used$/],
    ['{"type":"service_account","client_email":"a@b","private_key":"geheim"}', /the private key in .* is not valid/],
    [
      '{"type":"external_account","audience":"a","subject_token_type":"t","token_url":"u","credential_source":{"executable":{}}}',
      /takes its token from a kind of source that is not known/,
    ],
    [
      '{"type":"external_account","audience":"a","subject_token_type":"t","token_url":"u","credential_source":{"file":"/nowhere"}}',
      /there is no token for the credentials of .*: cannot read \/nowhere/,
    ],
  ])('in a file with %s, and nothing secret is told', async (text, message) => {
    await write(usual, text)
    const failed = ask(connect())
    await expect(failed).rejects.toMatchObject({ code: 'GOOGLE_CREDENTIALS_INVALID' })
    await expect(failed).rejects.toThrow(message)
    await expect(failed).rejects.not.toThrow(/geheim/)
  })

  test('in a file that is not there', async () => {
    const failed = ask(connect({ GOOGLE_APPLICATION_CREDENTIALS: join(folder, 'none.json') }))
    await expect(failed).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  })

  test('at a metadata server that is none', async () => {
    const other = await startSpy((_, res) => res.end('hello'))
    open.push(other)
    const failed = ask(connect({ NO_GCE_CHECK: '', GCE_METADATA_IP: other.host }))
    await expect(failed).rejects.toMatchObject({ code: 'GOOGLE_CREDENTIALS_MISSING' })
  })
})

describe('a token', () => {
  test('is made once for calls at the same time, and tells the project that is billed', async () => {
    await write(usual, google.userFile)
    const client = connect()
    await Promise.all([ask(client), ask(client), ask(client)])
    await ask(client)
    expect(google.tokens()).toBe(1)
    expect(google.quotaProjects).toEqual(['billed', 'billed', 'billed', 'billed'])
  })

  test('is made anew before it runs out, and when it is refused', async () => {
    await write(usual, google.userFile)
    let now = Date.now()
    const client = connect({}, () => now)
    await ask(client)
    now += 59 * 60_000
    await ask(client)
    expect(google.tokens()).toBe(2)
    google.revokeTokens()
    await ask(client)
    expect(google.tokens()).toBe(3)
  })

  test('that is refused again and again ends with what Google says', async () => {
    await write(usual, google.userFile)
    google.fail(/storage/, { status: 401, json: { error: { code: 401, message: 'no', status: 'UNAUTHENTICATED' } } }, 9)
    await expect(ask(connect())).rejects.toMatchObject({
      code: 'GOOGLE_UNAUTHENTICATED',
      message: 'looking for the bucket b failed: no',
      cause: { status: 401, reason: 'UNAUTHENTICATED', message: 'no' },
    })
  })

  test('is not waited for by who does not want it any more', async () => {
    await write(usual, google.userFile)
    const signal = AbortSignal.abort(new Error('enough'))
    const asked = connect().call({ method: 'GET', url: `${google.url}/storage/v1/b/b`, task: 'x', signal })
    await expect(asked).rejects.toThrow('enough')
  })
})

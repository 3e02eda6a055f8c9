import { sign } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import * as v from 'valibot'
import { ToolError } from '../../errors/index.ts'
import type { AccessToken, TokenSource } from '../contract.ts'
import type { Credentials, ExternalAccount, ExternalSource, ServiceAccountKey, UserCredentials } from './schema.ts'
import { askFor, askForToken, loginHint, type TokenOutside } from './token-answer.ts'

/** Where tokens are asked for, and for whom. */
export interface SourceOutside extends TokenOutside {
  /** Of users' refresh tokens. */
  readonly tokenUrl: string
  /** The file that the credentials stand in, for errors. */
  readonly file: string
}

const defaultTokenUri = 'https://oauth2.googleapis.com/token'
const scope = 'https://www.googleapis.com/auth/cloud-platform'

/** Tokens for the credentials of a file. */
export function tokenSourceOf(credentials: Credentials, outside: SourceOutside): TokenSource {
  const { quota_project_id: quotaProject } = credentials
  return {
    fetch: fetcherOf(credentials, outside),
    ...(quotaProject === undefined ? {} : { quotaProject }),
  }
}

type Fetch = TokenSource['fetch']

function fetcherOf(credentials: Credentials, outside: SourceOutside): Fetch {
  const { type } = credentials
  if (type === 'authorized_user') return (signal) => ofUser(credentials, outside, signal)
  if (type === 'service_account') return (signal) => ofServiceAccount(credentials, outside, signal)
  if (type === 'external_account') return (signal) => ofExternalAccount(credentials, outside, signal)
  const source = fetcherOf(credentials.source_credentials, outside)
  const { service_account_impersonation_url: url, delegates = [] } = credentials
  return async (signal) => impersonate({ url, delegates, token: await source(signal) }, outside, signal)
}

async function ofUser(
  { client_id, client_secret, refresh_token }: UserCredentials,
  outside: SourceOutside,
  signal?: AbortSignal,
): Promise<AccessToken> {
  const form = { grant_type: 'refresh_token', client_id, client_secret, refresh_token }
  return askForToken({ method: 'POST', url: outside.tokenUrl, form, from: outside.file, ...with_(signal) }, outside)
}

/** @see https://google.aip.dev/auth/4112 and RFC 7523 */
async function ofServiceAccount(
  credentials: ServiceAccountKey,
  outside: SourceOutside,
  signal?: AbortSignal,
): Promise<AccessToken> {
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: assertionOf(credentials, outside),
  }
  const url = credentials.token_uri ?? defaultTokenUri
  return askForToken({ method: 'POST', url, form, from: outside.file, ...with_(signal) }, outside)
}

function assertionOf(
  { client_email, private_key, private_key_id, token_uri = defaultTokenUri }: ServiceAccountKey,
  { now, file }: SourceOutside,
): string {
  const seconds = Math.floor(now() / 1000)
  const header = { alg: 'RS256', typ: 'JWT', ...(private_key_id === undefined ? {} : { kid: private_key_id }) }
  const claims = { iss: client_email, scope, aud: token_uri, iat: seconds, exp: seconds + 3600 }
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  try {
    return `${text}.${sign('RSA-SHA256', Buffer.from(text), private_key).toString('base64url')}`
  } catch {
    // what OpenSSL says may quote the key
    throw new ToolError('GOOGLE_CREDENTIALS_INVALID', `the private key in ${file} is not valid`, {
      hint: `make a new key for ${client_email}, or ${loginHint}`,
    })
  }
}

/** @see https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token */
async function ofExternalAccount(
  credentials: ExternalAccount,
  outside: SourceOutside,
  signal?: AbortSignal,
): Promise<AccessToken> {
  const { audience, subject_token_type, token_url, service_account_impersonation_url: url } = credentials
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    audience,
    scope,
    subject_token_type,
    subject_token: await subjectToken(credentials, outside, signal),
  }
  const token = await askForToken(
    { method: 'POST', url: token_url, form, from: outside.file, ...with_(signal) },
    outside,
  )
  return url === undefined ? token : impersonate({ url, delegates: [], token }, outside, signal)
}

async function subjectToken(
  { credential_source: source }: ExternalAccount,
  { http, file: from }: SourceOutside,
  signal?: AbortSignal,
): Promise<string> {
  if (source.file !== undefined) return subjectIn(await readSubject(source.file, from), source, from)
  if (source.url !== undefined) {
    const response = await http.request({
      method: 'GET',
      url: source.url,
      ...(source.headers === undefined ? {} : { headers: source.headers }),
      ...with_(signal),
    })
    const chunks: Uint8Array[] = []
    for await (const chunk of response.body) chunks.push(chunk)
    if (response.status === 200) return subjectIn(Buffer.concat(chunks).toString('utf8'), source, from)
    throw noSubject(from, `${source.url} answered with ${response.status}`)
  }
  throw new ToolError('GOOGLE_CREDENTIALS_INVALID', `${from} takes its token from a kind of source that is not known`, {
    hint: 'use a credential_source with file or url, or the key of a service account',
  })
}

async function readSubject(path: string, from: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw noSubject(from, `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function subjectIn(text: string, { format }: ExternalSource, from: string): string {
  if (format?.type !== 'json') return text.trim()
  const field = format.subject_token_field_name ?? 'access_token'
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.unknown())), text)
  const value = parsed.success ? parsed.output[field] : undefined
  if (typeof value === 'string') return value
  throw noSubject(from, `its source has no text \`${field}\``)
}

function noSubject(from: string, why: string): ToolError {
  return new ToolError('GOOGLE_CREDENTIALS_INVALID', `there is no token for the credentials of ${from}: ${why}`, {
    hint: 'correct `credential_source` in the file',
  })
}

const impersonatedSchema = v.object({ accessToken: v.string(), expireTime: v.string() })

interface Impersonating {
  readonly url: string
  readonly delegates: readonly string[]
  readonly token: AccessToken
}

/** @see https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken */
async function impersonate(
  { url, delegates, token }: Impersonating,
  { http, file, now }: SourceOutside,
  signal?: AbortSignal,
): Promise<AccessToken> {
  const answer = await askFor(
    {
      method: 'POST',
      url,
      headers: { authorization: `Bearer ${token.value}` },
      json: { scope: [scope], ...(delegates.length === 0 ? {} : { delegates }) },
      from: file,
      ...with_(signal),
    },
    http,
  )
  const parsed = v.safeParse(impersonatedSchema, answer)
  if (!parsed.success) {
    throw new ToolError('GOOGLE_CREDENTIALS_INVALID', `${url} gave no access token`, { hint: loginHint })
  }
  const until = Date.parse(parsed.output.expireTime)
  return { value: parsed.output.accessToken, expiresAt: Number.isNaN(until) ? now() + 3_600_000 : until }
}

function with_(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}

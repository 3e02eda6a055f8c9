import * as v from 'valibot'
import { ToolError } from '../../errors/index.ts'
import { readJson, type HttpRequest, type HttpResponse } from '../../http/index.ts'
import { basicAuthorization, type Credentials } from './credentials.ts'

/** An access token and until when it may be used. */
export interface Token {
  readonly value: string
  readonly scopes: readonly string[]
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** A token to ask for. */
export interface TokenRequest {
  readonly realm: URL
  readonly service: string | undefined
  readonly scopes: readonly string[]
  readonly credentials: Credentials | undefined
  readonly signal: AbortSignal | undefined
}

/** What asking for a token needs. */
export interface TokenOutside {
  readonly request: (request: HttpRequest) => Promise<HttpResponse>
  readonly now: () => number
}

/** A token server's refusal. */
export interface TokenRefusal {
  readonly status: number
}

/**
 * Asks a token server. A status of 401 or 403 is given back: other credentials may do.
 * @throws REGISTRY_ANSWER_INVALID, REGISTRY_FAILED
 * @see https://distribution.github.io/distribution/spec/auth/token/ and …/oauth/
 */
export async function fetchToken(ask: TokenRequest, outside: TokenOutside): Promise<Token | TokenRefusal> {
  const response = await askForToken(ask, outside)
  if (response.status === 401 || response.status === 403) {
    await response.discard()
    return { status: response.status }
  }
  if (response.status !== 200) {
    await response.discard()
    throw new ToolError('REGISTRY_FAILED', `the token server ${ask.realm.host} answered with status ${response.status}`)
  }
  return parseToken(response, ask, outside)
}

async function askForToken(ask: TokenRequest, { request }: TokenOutside): Promise<HttpResponse> {
  const { credentials } = ask
  if (credentials?.kind === 'identityToken') {
    const response = await request(refreshRequest(ask, credentials.token))
    // token servers of before OAuth know only GET
    if (response.status !== 404 && response.status !== 405) return response
    await response.discard()
  }
  return request(plainRequest(ask))
}

function refreshRequest(ask: TokenRequest, refreshToken: string): HttpRequest {
  const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: 'catamaran', refresh_token: refreshToken })
  if (ask.service !== undefined) form.set('service', ask.service)
  form.set('scope', ask.scopes.join(' '))
  return {
    method: 'POST',
    url: ask.realm.href,
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: form.toString(),
    isRepeatable: true,
    ...(ask.signal === undefined ? {} : { signal: ask.signal }),
  }
}

function plainRequest(ask: TokenRequest): HttpRequest {
  const url = new URL(ask.realm)
  if (ask.service !== undefined) url.searchParams.set('service', ask.service)
  // some servers read only the first
  for (const scope of ask.scopes) url.searchParams.append('scope', scope)
  const login = loginOf(ask.credentials)
  if (login !== undefined) url.searchParams.set('account', login.username)
  const authorization = login === undefined ? {} : { authorization: basicAuthorization(login.username, login.password) }
  return {
    method: 'GET',
    url: url.href,
    headers: { accept: 'application/json', ...authorization },
    ...(ask.signal === undefined ? {} : { signal: ask.signal }),
  }
}

function loginOf(
  credentials: Credentials | undefined,
): { readonly username: string; readonly password: string } | undefined {
  if (credentials?.kind === 'basic') return credentials
  if (credentials?.kind !== 'identityToken') return undefined
  return { username: credentials.username === '' ? '<token>' : credentials.username, password: credentials.token }
}

const tokenSchema = v.looseObject({
  token: v.nullish(v.string()),
  access_token: v.nullish(v.string()),
  expires_in: v.nullish(v.number()),
})

async function parseToken(response: HttpResponse, ask: TokenRequest, { now }: TokenOutside): Promise<Token> {
  const parsed = v.safeParse(tokenSchema, await readJson(response, { maxBytes: 128 * 1024 }))
  const value = parsed.success ? firstFilled(parsed.output.token, parsed.output.access_token) : undefined
  if (!parsed.success || value === undefined) {
    throw new ToolError('REGISTRY_ANSWER_INVALID', `the token server ${ask.realm.host} gave no token`)
  }
  const lifeMs = (parsed.output.expires_in ?? 0) * 1000
  return { value, scopes: ask.scopes, expiresAt: now() + usableMs(lifeMs > 0 ? lifeMs : defaultLifeMs) }
}

const defaultLifeMs = 60_000

/** Not up to the last moment: the token still has to arrive. */
function usableMs(lifeMs: number): number {
  return lifeMs - Math.min(lifeMs / 5, 10_000)
}

function firstFilled(...texts: readonly (string | null | undefined)[]): string | undefined {
  return texts.find((text): text is string => typeof text === 'string' && text !== '')
}

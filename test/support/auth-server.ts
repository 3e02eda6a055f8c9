import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { startSpy, type Spy } from './registry-fixtures.ts'

/** How a registry that wants tokens behaves. */
export interface TokenRegistryOptions {
  /** What happens behind the door. */
  readonly inner: RequestListener
  /** `Basic …` headers that get tokens; everybody does when absent. */
  readonly logins?: readonly string[]
  /** Refresh tokens that get tokens by POST. */
  readonly refreshTokens?: readonly string[]
  /** The status that POST has, when the token server knows only GET. */
  readonly postStatus?: number
  readonly lifeMs?: number
  /** What the token server says about that; the truth when absent. */
  readonly saysSeconds?: number
  /** Where tokens are given; at a server of its own when absent. */
  readonly realm?: string
  /** The challenge's scheme as it is spelt. */
  readonly scheme?: string
  readonly now?: () => number
  /** Reads only the first of several scopes, as some token servers do. */
  readonly readsOneScope?: boolean
  /** With one of these in it, a request gets no token at all. */
  readonly refusedScopes?: readonly string[]
  /** The field of the token in the answer. */
  readonly field?: 'token' | 'access_token'
}

/** A registry behind a token server, each with its own notes. */
export interface TokenRegistry {
  readonly registry: Spy
  readonly auth: Spy
  close(): Promise<void>
}

interface Granted {
  readonly scopes: readonly string[]
  readonly until: number
}

/** Plays the token protocol: tokens are for the scopes that were asked for and run out. */
export async function startTokenRegistry(options: TokenRegistryOptions): Promise<TokenRegistry> {
  const granted = new Map<string, Granted>()
  const now = options.now ?? Date.now
  const auth = await startSpy((req, res) => void grant(req, res, { options, granted, now }))
  const realm = options.realm ?? `${auth.url}/token`
  const registry = await startSpy((req, res) => {
    const token = granted.get((req.headers.authorization ?? '').replace(/^Bearer /, ''))
    const wanted = wantedScope(req)
    if (token !== undefined && token.until > now() && (isBase(req) || covers(token.scopes, wanted))) {
      options.inner(req, res)
      return
    }
    const scope = isBase(req) ? '' : `,scope="${wanted}"`
    const challenge = `${options.scheme ?? 'Bearer'} realm="${realm}",service="the service"${scope}`
    req.resume()
    res.writeHead(401, { 'www-authenticate': challenge, 'content-type': 'application/json' })
    res.end(JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] }))
  })
  return {
    registry,
    auth,
    close: async () => void (await Promise.all([registry.close(), auth.close()])),
  }
}

interface Granting {
  readonly options: TokenRegistryOptions
  readonly granted: Map<string, Granted>
  readonly now: () => number
}

async function grant(req: IncomingMessage, res: ServerResponse, granting: Granting): Promise<void> {
  const { options, granted, now } = granting
  const form = await formOf(req)
  if (req.method === 'POST' && options.postStatus !== undefined) res.writeHead(options.postStatus).end()
  else if (!isKnown(req, form, options)) res.writeHead(401).end()
  else if (options.refusedScopes?.some((scope) => form.getAll('scope').includes(scope)) === true) {
    res.writeHead(403).end()
  } else {
    const all = form.getAll('scope').flatMap((scope) => scope.split(' '))
    const value = `token-${granted.size + 1}`
    const lifeMs = options.lifeMs ?? 60_000
    granted.set(value, { scopes: options.readsOneScope === true ? all.slice(0, 1) : all, until: now() + lifeMs })
    const answer = { [options.field ?? 'token']: value, expires_in: options.saysSeconds ?? lifeMs / 1000 }
    res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  }
}

async function formOf(req: IncomingMessage): Promise<URLSearchParams> {
  const body = await text(req)
  return req.method === 'POST' ? new URLSearchParams(body) : new URL(req.url ?? '', 'http://x').searchParams
}

function isKnown(req: IncomingMessage, form: URLSearchParams, options: TokenRegistryOptions): boolean {
  if (req.method === 'POST') return options.refreshTokens?.includes(form.get('refresh_token') ?? '') === true
  return options.logins === undefined || options.logins.includes(req.headers.authorization ?? '')
}

function wantedScope(req: IncomingMessage): string {
  const repository = /^\/v2\/(.+?)\/(?:manifests|blobs|tags|referrers)\//.exec(req.url ?? '')?.[1] ?? ''
  const isRead = req.method === 'GET' || req.method === 'HEAD'
  return `repository:${repository}:${isRead ? 'pull' : 'pull,push'}`
}

/** Any token at all opens the door itself. */
function isBase({ url }: IncomingMessage): boolean {
  return url === '/v2/'
}

function covers(scopes: readonly string[], wanted: string): boolean {
  return scopes.some((scope) => scope === wanted || scope === wanted.replace(/:pull$/, ':pull,push'))
}

async function text(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

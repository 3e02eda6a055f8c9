import { ToolError } from '../../errors/index.ts'
import { isNoTls, readText, type HttpRequest, type HttpResponse } from '../../http/index.ts'
import { apiHost } from '../../reference/index.ts'
import type { Limiter } from '../../support/index.ts'
import { createAuthorizer, type Authorizer } from '../auth/authorizer.ts'
import type { Credentials } from '../auth/credentials.ts'
import { connectionError } from '../failure.ts'
import { resolveLocation, type OriginRules } from './origin.ts'
import type { Transport } from './transport.ts'
import { unverified, type HostTrust } from './trust.ts'

/** One request to a registry. */
export interface Ask extends Pick<HttpRequest, 'method' | 'headers' | 'body' | 'signal' | 'isRepeatable'> {
  /** A path below the registry's address, or a place that it sent us to. */
  readonly target: string | URL
  readonly repository: string
  /** Rights that it needs, those of a push first. */
  readonly scopes: readonly string[]
}

/** A registry that can be talked to. */
export interface Host {
  /** As in references. */
  readonly registry: string
  /**
   * Sends with the credentials that the registry wants, and follows its redirects; credentials stay at its own origin.
   * Answers of any other status are given back.
   * @throws REGISTRY_UNREACHABLE, REGISTRY_CERTIFICATE, REGISTRY_FAILED, REGISTRY_UNAUTHORIZED, REGISTRY_ANSWER_INVALID
   */
  send(ask: Ask): Promise<HttpResponse>
  /** Where an answer of this registry points to. */
  locate(location: string, answer: Pick<HttpResponse, 'url'>): URL
  /** So many uploads at once. */
  readonly uploads: Limiter
  readonly notes: HostNotes
}

/** What pushes found out about a registry. */
interface HostNotes {
  /**
   * Mounts without a source: `unseen` until the registry has mounted anything, then `worthATry` once, then what came of
   * it.
   */
  anonymousMount: 'unseen' | 'worthATry' | 'works' | 'refused'
  /** Whether blobs that it mounts from the repository that they shall go to are there; a promise while that is looked up. */
  ownMounts: 'unseen' | 'true' | 'untrue' | Promise<boolean>
  /** `absent` once it has said that it lists no referrers. */
  referrers: 'unseen' | 'absent'
  /** Bodies of this size were too large. */
  refusedBytes: number
  /** Chunks above this size were too large. */
  maxChunkBytes: number
}

/** What a host stands on. */
export interface HostOptions {
  readonly registry: string
  readonly trust: HostTrust
  readonly transport: Transport
  readonly credentialsFor: (repository: string) => Promise<readonly Credentials[]>
  readonly now: () => number
  /** Sent with every request to it. */
  readonly headers?: Readonly<Record<string, string>>
  /** For a mirror: what it stands for, and where. */
  readonly mirror?: { readonly url: URL; readonly namespace: string }
}

/** Talks to nobody before the first request, which also finds out the scheme. */
export function createHost(options: HostOptions): Host {
  const state: State = { base: onlyBase(options), finding: undefined }
  const isInsecure = (): boolean => options.trust.isInsecure || state.base?.protocol === 'http:'
  const authorizer = createAuthorizer({
    ...options,
    isInsecure,
    request: async (request) => options.transport.request(request, { tls: tlsFor(new URL(request.url), options) }),
  })
  const rules = (): OriginRules => ({ registry: apiHost(options.registry), isInsecure: isInsecure() })
  const locate: Host['locate'] = (location, answer) => resolveLocation(location, answer, rules())
  const work: Work = { options, state, authorizer, locate }
  return {
    registry: options.registry,
    async send(ask) {
      try {
        return await sendAndFollow(ask, work)
      } catch (error) {
        throw connectionError(error, options.registry)
      }
    },
    locate,
    notes: {
      anonymousMount: 'unseen',
      ownMounts: 'unseen',
      referrers: 'unseen',
      refusedBytes: Number.POSITIVE_INFINITY,
      maxChunkBytes: Number.POSITIVE_INFINITY,
    },
    get uploads() {
      return options.transport.uploads(state.base?.href ?? urlOf('https', options.registry).href)
    },
  }
}

interface State {
  base: URL | undefined
  finding: Promise<unknown> | undefined
}

interface Work {
  readonly options: HostOptions
  readonly state: State
  readonly authorizer: Authorizer
  readonly locate: Host['locate']
}

const maxRedirects = 5

async function sendAndFollow(ask: Ask, work: Work): Promise<HttpResponse> {
  let current = ask
  for (let hops = 0; hops <= maxRedirects; hops += 1) {
    const response = await sendAuthorized(current, work)
    const { location } = response.headers
    if (location === undefined || !isFollowed(ask.method, response.status)) return response
    await response.discard()
    current = { ...current, target: work.locate(location, response) }
  }
  throw new ToolError('REGISTRY_ANSWER_INVALID', `${work.options.registry} redirects in a circle`)
}

/** 307 and 308 keep the method; with the others only reading stays what it was. */
function isFollowed(method: Ask['method'], status: number): boolean {
  const isRead = method === 'GET' || method === 'HEAD'
  return status === 307 || status === 308 || (isRead && [301, 302, 303].includes(status))
}

const maxAnswers = 4

async function sendAuthorized(ask: Ask, work: Work): Promise<HttpResponse> {
  const { state, authorizer } = work
  if (isElsewhere(ask, state)) return sendTo(ask, work, ask.target)
  const purpose = { repository: ask.repository, scopes: ask.scopes, signal: ask.signal }
  let used = await authorizer.authorizationFor(purpose)
  let response = await sendHere(ask, work, used)
  for (let answers = 0; response.status === 401 && answers < maxAnswers; answers += 1) {
    const next = await authorizer.afterRefusal(response, purpose, used)
    if (next === undefined) return response
    await response.discard()
    // a second refusal of a new token is meant
    const isFinal = used?.startsWith('Bearer ') === true && next.startsWith('Bearer ')
    used = next
    response = await sendHere(ask, work, used)
    if (isFinal) return response
  }
  return response
}

function isElsewhere(ask: Ask, state: State): ask is Ask & { readonly target: URL } {
  return typeof ask.target !== 'string' && ask.target.origin !== state.base?.origin
}

async function sendHere(ask: Ask, work: Work, authorization: string | undefined): Promise<HttpResponse> {
  const { state, options } = work
  const headers = { ...options.headers, ...ask.headers, ...(authorization === undefined ? {} : { authorization }) }
  const request = { ...ask, headers }
  while (state.base === undefined) {
    // what can be sent again does not wait for what others find out: they ask the same at the same time
    if (state.finding === undefined || typeof ask.body !== 'function') return findBase(request, work)
    await othersSearch(state.finding, ask.signal)
  }
  return sendTo(request, work, placeOf(ask.target, state.base, options))
}

/** What another request found out; that it was aborted says nothing. */
async function othersSearch(finding: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  try {
    await finding
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof ToolError) throw error
  }
}

async function findBase(ask: Ask, work: Work): Promise<HttpResponse> {
  const { state } = work
  const finding = trySchemes(ask, work)
  state.finding ??= finding
  try {
    return await finding
  } finally {
    if (state.finding === finding) state.finding = undefined
  }
}

/** The first requests are sent to each scheme's address until something there speaks the protocol. */
async function trySchemes(ask: Ask, work: Work): Promise<HttpResponse> {
  const { options, state } = work
  let failure: ToolError | undefined
  for (const [at, scheme] of options.trust.schemes.entries()) {
    if (state.base !== undefined) return sendTo(ask, work, placeOf(ask.target, state.base, options))
    const base = urlOf(scheme, options.registry)
    const isLast = at === options.trust.schemes.length - 1
    try {
      const response = await sendTo(ask, work, { url: placeOf(ask.target, base, options), mayRetry: isLast })
      if (!isLast && (await speaksTls(response, ask, work))) continue
      state.base = base
      return response
    } catch (error) {
      ask.signal?.throwIfAborted()
      if (!(error instanceof ToolError)) throw error
      failure = tellingOf(failure, error)
    }
  }
  throw failure ?? new ToolError('REGISTRY_ANSWER_INVALID', `${options.registry} speaks neither http nor https`)
}

/** A connection that just broke says less than what followed it, unless that is only that nobody speaks TLS there. */
function tellingOf(earlier: ToolError | undefined, later: ToolError): ToolError {
  if (earlier === undefined) return later
  return earlier.code === 'HTTP_INTERRUPTED' && !isNoTls(later) ? later : earlier
}

/** How Go's and nginx' servers answer http where they expect TLS. The answer to HEAD has no words: they are asked for. */
async function speaksTls(response: HttpResponse, ask: Ask, work: Work): Promise<boolean> {
  if (response.status !== 400 || response.url.startsWith('https:')) return false
  const isSilent = ask.method === 'HEAD'
  const wordy = isSilent ? await sendTo({ ...ask, method: 'GET' }, work, new URL('/v2/', response.url)) : response
  if (wordy.status !== 400 || wordy.headers['content-type']?.includes('json') === true) {
    if (isSilent) await wordy.discard()
    return false
  }
  return /HTTPS? (?:server|port)/i.test(await readText(wordy, { maxBytes: 64 * 1024 }))
}

interface Attempt {
  readonly url: URL
  readonly mayRetry: boolean
}

async function sendTo(ask: Ask, { options }: Work, to: URL | Attempt): Promise<HttpResponse> {
  const { url, mayRetry } = to instanceof URL ? { url: to, mayRetry: true } : to
  const { target: _, repository: __, scopes: ___, ...request } = ask
  return options.transport.request({ ...request, url: url.href }, { tls: tlsFor(url, options), mayRetry })
}

/** A mirror may have a path of its own, and is told for which registry it is asked. */
function placeOf(target: string | URL, base: URL, { mirror }: HostOptions): URL {
  if (mirror === undefined || typeof target !== 'string') return new URL(target, base)
  const url = new URL(target.replace(/^\/v2/, mirror.url.pathname), base)
  url.searchParams.set('ns', mirror.namespace)
  return url
}

/** The registry's own certificates are for its own host only. */
function tlsFor(url: URL, { registry, trust }: HostOptions): HostTrust['tls'] {
  if (url.hostname === urlOf('https', registry).hostname) return trust.tls
  return trust.tls?.rejectUnauthorized === false ? unverified : undefined
}

function onlyBase({ registry, trust }: HostOptions): URL | undefined {
  const [scheme, ...others] = trust.schemes
  return scheme !== undefined && others.length === 0 ? urlOf(scheme, registry) : undefined
}

function urlOf(scheme: string, registry: string): URL {
  return new URL(`${scheme}://${apiHost(registry)}`)
}

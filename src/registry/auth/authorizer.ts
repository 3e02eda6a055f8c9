import { ToolError } from '../../errors/index.ts'
import type { HttpResponse } from '../../http/index.ts'
import { checkRealm } from '../host/origin.ts'
import { chooseChallenge, parseChallenges, type Challenge } from './challenge.ts'
import { basicAuthorization, type Credentials } from './credentials.ts'
import { covers } from './scope.ts'
import { fetchToken, type Token, type TokenOutside } from './token.ts'

/** What a request is about to do. */
interface Purpose {
  /** Whose credentials: a keychain may hold others for each repository. */
  readonly repository: string
  /** Those of a push first. */
  readonly scopes: readonly string[]
  readonly signal: AbortSignal | undefined
}

/** Makes `Authorization` headers for one registry, and learns from its refusals what it wants. */
export interface Authorizer {
  /** The header's value; undefined as long as the registry wants none. */
  authorizationFor(purpose: Purpose): Promise<string | undefined>
  /**
   * What to try after a 401 to a request that had `used`; undefined when nothing else is left.
   * @throws REGISTRY_UNAUTHORIZED when the token server refuses; REGISTRY_ANSWER_INVALID for a challenge that must not
   *   be answered
   */
  afterRefusal(response: HttpResponse, purpose: Purpose, used: string | undefined): Promise<string | undefined>
}

/** What an authorizer stands on. */
export interface AuthorizerOptions extends TokenOutside {
  /** As in references. */
  readonly registry: string
  /** What the keychain holds, best first. */
  readonly credentialsFor: (repository: string) => Promise<readonly Credentials[]>
  /** Whether the registry is reached without safety, so that its token server may be as well. */
  readonly isInsecure: () => boolean
}

/** Makes an authorizer with its own token cache. */
export function createAuthorizer(options: AuthorizerOptions): Authorizer {
  const state: State = { challenge: undefined, tokens: [], pending: new Map(), chosen: new Map(), unfit: new Set() }
  return {
    async authorizationFor(purpose) {
      const ready = (await options.credentialsFor(purpose.repository)).map(accessHeader)[0]
      if (ready !== undefined && !state.unfit.has(ready)) return ready
      if (state.challenge === undefined) return undefined
      return answer(state.challenge, { purpose, state, options })
    },
    async afterRefusal(response, purpose, used) {
      const challenge = chooseChallenge(parseChallenges(response.headers['www-authenticate'] ?? ''))
      if (challenge === undefined) return undefined
      state.challenge = challenge
      const work: Work = { purpose, state, options }
      if (challenge.scheme === 'basic') return nextLogin(work, used)
      state.tokens = state.tokens.filter(({ value }) => used !== `Bearer ${value}`)
      const next = await answer(challenge, work)
      // one that is refused may still do for something else, unless there is something better
      if (used !== undefined) state.unfit.add(used)
      return next === used ? undefined : next
    },
  }
}

interface State {
  challenge: Challenge | undefined
  tokens: readonly Token[]
  /** Requests to the token server under way, by scopes. */
  readonly pending: Map<string, Promise<Token>>
  /** Of several logins the one to use, by repository. */
  readonly chosen: Map<string, string>
  /** Headers that did not do where others did. */
  readonly unfit: Set<string>
}

interface Work {
  readonly purpose: Purpose
  readonly state: State
  readonly options: AuthorizerOptions
}

async function answer(challenge: Challenge, work: Work): Promise<string | undefined> {
  const { state, purpose, options } = work
  if (challenge.scheme === 'basic') return state.chosen.get(purpose.repository) ?? (await loginsFor(work))[0]
  const known = state.tokens.find(
    ({ scopes, expiresAt }) => expiresAt > options.now() && covers(scopes, purpose.scopes),
  )
  return `Bearer ${(known ?? (await tokenOnce(challenge, work))).value}`
}

/** The login after the one that was refused: the account that may do one thing is not always the first. */
async function nextLogin(work: Work, used: string | undefined): Promise<string | undefined> {
  const logins = await loginsFor(work)
  const next = logins[used === undefined ? 0 : logins.indexOf(used) + 1]
  if (next !== undefined) work.state.chosen.set(work.purpose.repository, next)
  return next
}

async function loginsFor({ purpose, options }: Work): Promise<readonly string[]> {
  const credentials = await options.credentialsFor(purpose.repository)
  return credentials.map(basicHeader).filter((header) => header !== undefined)
}

function accessHeader(credentials: Credentials): string | undefined {
  return credentials.kind === 'accessToken' ? `Bearer ${credentials.token}` : undefined
}

function basicHeader(credentials: Credentials): string | undefined {
  if (credentials.kind === 'basic') return basicAuthorization(credentials.username, credentials.password)
  if (credentials.kind === 'identityToken' && credentials.username !== '') {
    return basicAuthorization(credentials.username, credentials.token)
  }
  return undefined
}

function tokenOnce(challenge: Challenge, work: Work): Promise<Token> {
  const { purpose, state } = work
  const key = [purpose.repository, ...purpose.scopes].join(' ')
  const pending = state.pending.get(key)
  if (pending !== undefined) return pending
  const asking = newToken(challenge, work).finally(() => state.pending.delete(key))
  state.pending.set(key, asking)
  return asking
}

async function newToken(challenge: Challenge, { purpose, state, options }: Work): Promise<Token> {
  const realm = checkRealm(challenge.parameters['realm'] ?? '', {
    registry: options.registry,
    isInsecure: options.isInsecure(),
  })
  const all = await options.credentialsFor(purpose.repository)
  const candidates = all.filter(({ kind }) => kind !== 'accessToken')
  const tries: readonly (Credentials | undefined)[] = candidates.length === 0 ? [undefined] : candidates
  for (const credentials of tries) {
    const service = challenge.parameters['service']
    const { scopes, signal } = purpose
    const token = await fetchToken({ realm, service, scopes, credentials, signal }, options)
    if ('status' in token) continue
    state.tokens = [...state.tokens.filter(({ expiresAt }) => expiresAt > options.now()), token]
    return token
  }
  throw refused(options.registry, candidates.length > 0)
}

function refused(registry: string, hasCredentials: boolean): ToolError {
  const host = registry === 'docker.io' ? '' : ` ${registry}`
  return new ToolError(
    'REGISTRY_UNAUTHORIZED',
    hasCredentials ? `${registry} does not accept the credentials that are stored for it` : `${registry} wants a login`,
    { hint: `run: catamaran login${host}` },
  )
}

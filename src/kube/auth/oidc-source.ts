import * as v from 'valibot'
import { redact, ToolError } from '../../errors/index.ts'
import { createHttpClient, proxyFromEnv, readText, type HttpClient, type HttpRequest } from '../../http/index.ts'
import type { KubeOutside, OidcLogin } from '../config/target.ts'
import { bearerHeader, type Credentials, type CredentialSource } from './contract.ts'
import { keepTokens } from './keep-tokens.ts'

/** Renewed before it ends, so that it does not end on its way; as with kubectl. */
const earlyMs = 10_000

/**
 * The id-token of a kubeconfig's `auth-provider: oidc`, made anew with its refresh-token when it has run out or is refused,
 * and written back as kubectl does, since a refresh-token may be good for one time only.
 * @throws KUBE_AUTH_FAILED
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-kubectl
 */
export function createOidcSource(login: OidcLogin, { env }: KubeOutside): CredentialSource {
  let current: Pick<OidcLogin, 'idToken' | 'refreshToken'> = login
  let renewing: Promise<void> | undefined
  let isRefused = false
  const renew = async (): Promise<void> => {
    const fresh = await refresh({ ...login, ...current }, env)
    await keepTokens(login.file, [
      [current.idToken, fresh.idToken],
      [current.refreshToken, fresh.refreshToken],
    ])
    current = fresh
    isRefused = false
  }
  return {
    async get() {
      if (isRefused || !isGood(current.idToken)) {
        renewing ??= renew().finally(() => {
          renewing = undefined
        })
        await renewing
      }
      return { headers: bearerHeader(current.idToken ?? '') }
    },
    renew(refused) {
      if (isOf(refused, current.idToken)) isRefused = true
      return current.refreshToken !== undefined
    },
  }
}

function isOf({ headers }: Credentials, token: string | undefined): boolean {
  return token !== undefined && headers['authorization'] === bearerHeader(token)['authorization']
}

const claimsSchema = v.pipe(v.string(), v.parseJson(), v.object({ exp: v.number() }))

/** What it says itself; the server has the last word. */
function isGood(token: string | undefined): boolean {
  const claims = Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString('utf8')
  const parsed = v.safeParse(claimsSchema, claims)
  return parsed.success && parsed.output.exp * 1000 - earlyMs > Date.now()
}

interface Tokens {
  readonly idToken: string
  readonly refreshToken: string
}

async function refresh(login: OidcLogin, env: KubeOutside['env']): Promise<Tokens> {
  const { refreshToken, issuer, ca } = login
  if (refreshToken === undefined) {
    throw failure(login, 'its id-token has run out, and it has no refresh-token')
  }
  const http = createHttpClient({ proxy: proxyFromEnv(env), ...(ca === undefined ? {} : { tls: { ca } }) })
  try {
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
    const found = v.safeParse(discoverySchema, await ask(http, { method: 'GET', url }, login))
    if (!found.success) throw failure(login, `${url} names no token_endpoint`)
    const answer = await askForTokens(http, found.output.token_endpoint, { ...login, refreshToken })
    const tokens = v.safeParse(tokensSchema, answer)
    if (!tokens.success) throw failure(login, 'its issuer gave no id_token')
    return { idToken: tokens.output.id_token, refreshToken: tokens.output.refresh_token ?? refreshToken }
  } finally {
    await http.close()
  }
}

const discoverySchema = v.object({ token_endpoint: v.pipe(v.string(), v.url()) })
const tokensSchema = v.object({ id_token: v.string(), refresh_token: v.exactOptional(v.string()) })

/** Issuers take the client's secret as a login or in the form: the one that is asked for first is told by its refusal. */
async function askForTokens(
  http: HttpClient,
  url: string,
  login: OidcLogin & { readonly refreshToken: string },
): Promise<unknown> {
  const { clientId, clientSecret, refreshToken } = login
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: clientId }
  const post = async (more: Readonly<Record<string, string>>, headers: HttpRequest['headers'] = {}): Promise<unknown> =>
    ask(
      http,
      {
        method: 'POST',
        url,
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: new URLSearchParams({ ...form, ...more }).toString(),
      },
      login,
    )
  if (clientSecret === undefined) return post({})
  const pair = [clientId, clientSecret].map(encodeURIComponent).join(':')
  try {
    return await post({}, { authorization: `Basic ${Buffer.from(pair).toString('base64')}` })
  } catch (error) {
    if (!(error instanceof ToolError) || !/invalid_client|401/.test(error.message)) throw error
    return post({ client_secret: clientSecret })
  }
}

const refusalSchema = v.object({ error: v.string(), error_description: v.exactOptional(v.string()) })

async function ask(http: HttpClient, request: HttpRequest, login: OidcLogin): Promise<unknown> {
  const response = await http.request({ ...request, isRepeatable: request.method === 'GET' })
  const text = await readText(response, { maxBytes: 1024 * 1024 })
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), v.unknown()), text)
  if (response.status === 200 && parsed.success) return parsed.output
  const refusal = v.safeParse(refusalSchema, parsed.success ? parsed.output : undefined)
  const why = refusal.success
    ? [refusal.output.error, refusal.output.error_description].filter((one) => one !== undefined).join(': ')
    : `${response.url} answered with ${response.status}`
  throw failure(login, why)
}

function failure({ user, issuer }: OidcLogin, why: string): ToolError {
  return new ToolError(
    'KUBE_AUTH_FAILED',
    `user "${user}" of the kubeconfig cannot log in at ${issuer}: ${redact(why)}`,
    {
      hint: 'log in again with the tool that made the kubeconfig, for instance "kubectl oidc-login setup"',
    },
  )
}

import { createVerify, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { refused, type GoogleAnswer, type GoogleApi, type GoogleRequest } from './google-wire.ts'

/** Gives tokens, and lets nobody in without one. */
export interface AuthApi {
  tokenUrl: string
  /** Of the service account, PEM. */
  readonly privateKey: string
  /** All tokens that were given. */
  readonly given: Set<string>
  readonly good: Set<string>
  /** Refresh tokens that are good. */
  readonly refresh: Set<string>
  /** Undefined: go on. */
  readonly handle: (request: GoogleRequest) => ReturnType<GoogleApi>
}

/** Making one takes long. */
let keys: { readonly privateKey: KeyObject; readonly publicKey: KeyObject } | undefined
function keyPair(): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  keys ??= generateKeyPairSync('rsa', { modulusLength: 2048 })
  return keys
}

export function createAuth(): AuthApi {
  const { privateKey, publicKey } = keyPair()
  const [given, good, refresh] = [new Set<string>(), new Set<string>(), new Set(['refresh-1'])]
  const give = (): GoogleAnswer => {
    const token = `ya29.token-${given.size + 1}`
    given.add(token)
    good.add(token)
    return { json: { access_token: token, expires_in: 3599, token_type: 'Bearer' } }
  }
  const self: AuthApi = {
    tokenUrl: '',
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    given,
    good,
    refresh,
    handle(request) {
      if (request.url.pathname !== '/token') return isLetIn(request, good) ? undefined : unknownCaller
      const form = new URLSearchParams(request.body.toString())
      const isKnown = isOfUser(form, refresh) || isSigned(form, { publicKey, audience: self.tokenUrl })
      if (request.method === 'POST' && isKnown) return give()
      return { status: 400, json: { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' } }
    },
  }
  return self
}

const unknownCaller = refused(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.')

/** Sessions of uploads are secrets of their own. */
function isLetIn({ headers, url }: GoogleRequest, good: ReadonlySet<string>): boolean {
  const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? ''
  return good.has(token) || url.searchParams.has('upload_id')
}

function isOfUser(form: URLSearchParams, refresh: ReadonlySet<string>): boolean {
  const isClient = form.get('client_id') === 'id' && form.get('client_secret') === 'secret'
  return form.get('grant_type') === 'refresh_token' && isClient && refresh.has(form.get('refresh_token') ?? '')
}

/** @see https://www.rfc-editor.org/rfc/rfc7523 */
function isSigned(form: URLSearchParams, trust: { readonly publicKey: KeyObject; readonly audience: string }): boolean {
  if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return false
  const [head = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.')
  const { iat, exp, ...rest } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>
  const expected = {
    iss: 'robot@proj.iam.gserviceaccount.com',
    scope: 'https://www.googleapis.com/auth/cloud-platform',
    aud: trust.audience,
  }
  const isNow = Number(exp) - Number(iat) === 3600 && Math.abs(Number(iat) - Date.now() / 1000) < 60
  const verify = createVerify('RSA-SHA256').update(`${head}.${claims}`)
  const isTrue = verify.verify(trust.publicKey, Buffer.from(signature, 'base64url'))
  return isTrue && isNow && JSON.stringify(rest) === JSON.stringify(expected)
}

import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { ToolError } from '../../errors/index.ts'
import type { ClientCertificate, Impersonation, KubeOutside, KubeUser } from '../config/target.ts'
import { bearerHeader, type Credentials, type CredentialSource } from './contract.ts'
import { createExecSource } from './exec-plugin.ts'
import { createOidcSource } from './oidc-source.ts'

/** Credentials of a kubeconfig's user, read or made when they are needed and kept as long as they are good. */
export function createCredentials(user: KubeUser, outside: KubeOutside): CredentialSource {
  const bearer = bearerSource(user, outside)
  const certificates = certificateSource(user)
  const own: Credentials = { headers: { ...basicHeader(user), ...impersonationHeaders(user.impersonate) } }
  return {
    async get(signal) {
      const [made, certificate] = await Promise.all([bearer.get(signal), certificates.get()])
      const proof = certificate === undefined ? {} : { certificate }
      return { ...own, ...proof, ...made, headers: { ...own.headers, ...made.headers } }
    },
    renew: (refused) => [bearer.renew(refused), certificates.renew()].some(Boolean),
  }
}

function bearerSource(user: KubeUser, outside: KubeOutside): CredentialSource {
  if (user.tokenFile !== undefined) return tokenFileSource(user.tokenFile)
  if (user.token !== undefined) return fixed({ headers: bearerHeader(user.token) })
  if (user.exec !== undefined) return createExecSource(user.exec, outside)
  if (user.oidc !== undefined) return createOidcSource(user.oidc, outside)
  return fixed({ headers: {} })
}

function fixed(credentials: Credentials): CredentialSource {
  return { get: () => Promise.resolve(credentials), renew: () => false }
}

/** Pods get new tokens in the same file long before the old ones expire. */
const tokenFileMs = 60_000

function tokenFileSource(file: string): CredentialSource {
  let known: { readonly token: string; readonly readAt: number } | undefined
  return {
    async get() {
      if (known === undefined || performance.now() - known.readAt > tokenFileMs) {
        known = { token: await readToken(file), readAt: performance.now() }
      }
      return { headers: bearerHeader(known.token) }
    },
    renew(refused) {
      if (known !== undefined && refused.headers['authorization'] === bearerHeader(known.token)['authorization']) {
        known = undefined
      }
      return true
    },
  }
}

interface CertificateSource {
  get(): Promise<ClientCertificate | undefined>
  /** Whether asking again may give another one. */
  renew(): boolean
}

/** Files are read again when they may have changed, as with kubectl: certificates of nodes and people are short-lived. */
function certificateSource({ certificate, certificateFiles }: KubeUser): CertificateSource {
  if (certificate === undefined || certificateFiles === undefined) {
    return { get: () => Promise.resolve(certificate), renew: () => false }
  }
  const { cert, key } = certificateFiles
  let known = { certificate, readAt: performance.now() }
  return {
    async get() {
      if (performance.now() - known.readAt > tokenFileMs) {
        const [newCert, newKey] = await Promise.all([cert, key].map(readIfSet))
        const next = { cert: newCert ?? certificate.cert, key: newKey ?? certificate.key }
        // while both are being replaced they do not belong together
        known = { certificate: isPair(next) ? next : known.certificate, readAt: performance.now() }
      }
      return known.certificate
    },
    renew() {
      known = { ...known, readAt: Number.NEGATIVE_INFINITY }
      return true
    },
  }
}

function isPair({ cert, key }: ClientCertificate): boolean {
  try {
    createSecureContext({ cert, key })
    return true
  } catch {
    return false
  }
}

async function readIfSet(file: string | undefined): Promise<string | undefined> {
  try {
    return file === undefined ? undefined : await readFile(file, 'utf8')
  } catch {
    // what was read before goes on
    return undefined
  }
}

async function readToken(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (error) {
    throw new ToolError('FILE_UNREADABLE', `cannot read the token file ${file}, which the kubeconfig names`, {
      where: file,
      hint: `make ${file} readable, or correct the kubeconfig`,
      cause: error,
    })
  }
}

function basicHeader({ basic, token, tokenFile }: KubeUser): Readonly<Record<string, string>> {
  if (basic === undefined || token !== undefined || tokenFile !== undefined) return {}
  const pair = Buffer.from(`${basic.username}:${basic.password}`).toString('base64')
  return { authorization: `Basic ${pair}` }
}

/** @see https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/ */
function impersonationHeaders(impersonate: Impersonation | undefined): Credentials['headers'] {
  if (impersonate === undefined) return {}
  const extra = Object.entries(impersonate.extra)
  return {
    'impersonate-user': impersonate.user,
    ...(impersonate.uid === undefined ? {} : { 'impersonate-uid': impersonate.uid }),
    ...(impersonate.groups.length === 0 ? {} : { 'impersonate-group': [...impersonate.groups] }),
    ...Object.fromEntries(
      extra.map(([key, values]) => [`impersonate-extra-${encodeURIComponent(key).toLowerCase()}`, [...values]]),
    ),
  }
}

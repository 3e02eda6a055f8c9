import { readFile } from 'node:fs/promises'
import { ToolError } from '../../errors/index.ts'
import type { Impersonation, KubeOutside, KubeUser } from '../config/target.ts'
import { bearerHeader, type Credentials, type CredentialSource } from './contract.ts'
import { createExecSource } from './exec-plugin.ts'
import { createOidcSource } from './oidc-source.ts'

/** Credentials of a kubeconfig's user, read or made when they are needed and kept as long as they are good. */
export function createCredentials(user: KubeUser, outside: KubeOutside): CredentialSource {
  const bearer = bearerSource(user, outside)
  const own: Credentials = {
    headers: { ...basicHeader(user), ...impersonationHeaders(user.impersonate) },
    ...(user.certificate === undefined ? {} : { certificate: user.certificate }),
  }
  return {
    async get(signal) {
      const made = await bearer.get(signal)
      return { ...own, ...made, headers: { ...own.headers, ...made.headers } }
    },
    renew: (refused) => bearer.renew(refused),
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
function impersonationHeaders(impersonate: Impersonation | undefined): Readonly<Record<string, string>> {
  if (impersonate === undefined) return {}
  const extra = Object.entries(impersonate.extra)
  if (impersonate.groups.length > 1 || extra.some(([, values]) => values.length > 1)) {
    throw new ToolError('KUBE_AUTH_UNSUPPORTED', 'the kubeconfig impersonates a user in more than one group', {
      hint: 'leave one entry in as-groups and in each list of as-user-extra',
    })
  }
  return {
    'impersonate-user': impersonate.user,
    ...(impersonate.uid === undefined ? {} : { 'impersonate-uid': impersonate.uid }),
    ...Object.fromEntries(impersonate.groups.map((group) => ['impersonate-group', group])),
    ...Object.fromEntries(
      extra.map(([key, [value = '']]) => [`impersonate-extra-${encodeURIComponent(key).toLowerCase()}`, value]),
    ),
  }
}

import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { ToolError } from '../../errors/index.ts'
import type { OidcLogin } from './target.ts'

/** Where the login stands. */
export interface OidcPlace {
  /** The user's name. */
  readonly name: string
  /** `file:line:column` of the user. */
  readonly where: (() => string) | undefined
}

/**
 * What the configuration of `auth-provider: oidc` says.
 * @throws KUBE_CONFIG_INVALID, FILE_UNREADABLE
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-kubectl
 */
export async function oidcOf(config: Readonly<Record<string, string>>, { name, where }: OidcPlace): Promise<OidcLogin> {
  const get = (key: string): string | undefined => (config[key] === '' ? undefined : config[key])
  const [issuer, clientId] = [get('idp-issuer-url'), get('client-id')]
  const place = where?.()
  if (issuer === undefined || clientId === undefined) {
    const lacks = issuer === undefined ? 'idp-issuer-url' : 'client-id'
    throw new ToolError('KUBE_CONFIG_INVALID', `user "${name}" has an auth-provider oidc without ${lacks}`, {
      ...(place === undefined ? {} : { where: place }),
      hint: `add ${lacks} to its config`,
    })
  }
  const file = place?.replace(/:\d+:\d+$/, '')
  const ca = await authorityOf(get('idp-certificate-authority-data'), get('idp-certificate-authority'), file)
  return {
    user: name,
    issuer,
    clientId,
    ...(file === undefined ? {} : { file: resolve(file) }),
    ...given('clientSecret', get('client-secret')),
    ...given('idToken', get('id-token')),
    ...given('refreshToken', get('refresh-token')),
    ...given('ca', ca),
  }
}

function given<Key extends string>(key: Key, value: string | undefined): { readonly [_ in Key]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [_ in Key]: string })
}

async function authorityOf(
  data: string | undefined,
  path: string | undefined,
  kubeconfig: string | undefined,
): Promise<string | undefined> {
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8')
  if (path === undefined) return undefined
  const file = kubeconfig === undefined ? path : resolve(dirname(kubeconfig), path)
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw new ToolError('FILE_UNREADABLE', `cannot read ${file}, which the kubeconfig names`, {
      where: file,
      hint: `make ${file} readable, or correct the kubeconfig`,
      cause: error,
    })
  })
}

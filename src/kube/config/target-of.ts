import { readFile } from 'node:fs/promises'
import { ToolError } from '../../errors/index.ts'
import type { ExecPlugin, Impersonation, KubeTarget, KubeUser, ServerTrust } from './target.ts'
import { oidcOf } from './oidc-of.ts'
import type { MergedKubeconfig } from './read-kubeconfig.ts'
import type { WireCluster, WireContext, WireExec, WireUser } from './wire.ts'

/**
 * Everything that a context of a merged kubeconfig leads to, with certificate files read.
 * @throws KUBE_CONFIG_INVALID when it refers to what is not there; KUBE_AUTH_UNSUPPORTED; FILE_UNREADABLE
 */
export async function targetOf(config: MergedKubeconfig, name: string): Promise<KubeTarget> {
  const { context, cluster, user, places } = lookUp(config, name)
  const server = serverOf(cluster, context.cluster ?? '', places.cluster)
  const proxy = proxyOf(cluster, places.cluster)
  const tls = await trustOf(cluster)
  return {
    context: name,
    namespace: orDefault(context.namespace, 'default'),
    server,
    tls,
    ...(proxy === undefined ? {} : { proxy }),
    user: await userOf(user, {
      name: context.user ?? '',
      cluster: execCluster(cluster, { server, tls, proxy }),
      where: places.user,
    }),
  }
}

type Where = (() => string) | undefined

interface Found {
  readonly context: WireContext
  readonly cluster: WireCluster
  readonly user: WireUser
  readonly places: { readonly cluster: Where; readonly user: Where }
}

function lookUp({ contexts, clusters, users }: MergedKubeconfig, name: string): Found {
  const entry = contexts.find((one) => one.name === name)
  const context = entry?.context ?? {}
  const cluster = clusters.find((one) => one.name === context.cluster)
  if (cluster === undefined) throw missing(name, `cluster "${context.cluster ?? ''}"`, entry?.where)
  const user = users.find((one) => one.name === context.user)
  if (user === undefined && isSet(context.user)) throw missing(name, `user "${context.user}"`, entry?.where)
  const places = { cluster: cluster.where, user: user?.where }
  return { context, cluster: cluster.cluster, user: user?.user ?? {}, places }
}

function missing(context: string, what: string, where: Where): ToolError {
  return new ToolError('KUBE_CONFIG_INVALID', `context "${context}" refers to the ${what}, which is not defined`, {
    ...placed(where),
    hint: `define the ${what} in the kubeconfig, or choose another context with --kube-context`,
  })
}

function placed(where: Where): { readonly where?: string } {
  return where === undefined ? {} : { where: where() }
}

function orDefault(text: string | undefined, other: string): string {
  return text === undefined || text === '' ? other : text
}

function serverOf(cluster: WireCluster, name: string, where: Where): string {
  const written = cluster.server ?? ''
  const text = written.includes('://') ? written : `https://${written}`
  if (written !== '' && URL.canParse(text) && /^https?:/.test(text)) return text.replace(/\/+$/, '')
  throw new ToolError('KUBE_CONFIG_INVALID', `cluster "${name}" has no usable server: "${written}"`, {
    ...placed(where),
    hint: 'set its server to a URL such as https://203.0.113.10:6443',
  })
}

function proxyOf(cluster: WireCluster, where: Where): string | undefined {
  const proxy = cluster['proxy-url'] ?? ''
  if (proxy === '') return undefined
  if (/^(?:https?|socks5h?):\/\//.test(proxy) && URL.canParse(proxy)) return proxy
  throw new ToolError('KUBE_CONFIG_INVALID', `proxy-url "${proxy}" is not a proxy that can be used`, {
    ...placed(where),
    hint: 'use a proxy whose URL begins with http://, https:// or socks5://',
  })
}

async function trustOf(cluster: WireCluster): Promise<ServerTrust> {
  const ca = await pem(cluster['certificate-authority-data'], cluster['certificate-authority'])
  const servername = cluster['tls-server-name'] ?? ''
  return {
    isUnverified: cluster['insecure-skip-tls-verify'] ?? false,
    ...(ca === undefined ? {} : { ca }),
    ...(servername === '' ? {} : { servername }),
  }
}

interface UserPlace {
  readonly name: string
  readonly cluster: Readonly<Record<string, unknown>>
  readonly where: Where
}

/** A plugin wins over a provider. */
async function loginOf(user: WireUser, place: Omit<UserPlace, 'cluster'>): Promise<Pick<KubeUser, 'oidc'>> {
  const provider = user.exec === undefined ? user['auth-provider'] : undefined
  if (provider === undefined) return {}
  if (provider.name !== 'oidc') throw unsupportedProvider(provider.name, place.name, place.where)
  return { oidc: await oidcOf(provider.config ?? {}, place) }
}

async function userOf(user: WireUser, { name, cluster, where }: UserPlace): Promise<KubeUser> {
  const login = await loginOf(user, { name, where })
  const certificate = await certificateOf(user, name, where)
  const impersonate = impersonationOf(user)
  return {
    ...certificate,
    ...login,
    ...(isSet(user.token) ? { token: user.token } : {}),
    ...(isSet(user.tokenFile) ? { tokenFile: user.tokenFile } : {}),
    ...(isSet(user.username) ? { basic: { username: user.username, password: user.password ?? '' } } : {}),
    ...(user.exec === undefined ? {} : { exec: execOf(user.exec, cluster) }),
    ...(impersonate === undefined ? {} : { impersonate }),
  }
}

function isSet(text: string | undefined): text is string {
  return text !== undefined && text !== ''
}

async function certificateOf(
  user: WireUser,
  name: string,
  where: Where,
): Promise<Pick<KubeUser, 'certificate' | 'certificateFiles'>> {
  const [cert, key] = await Promise.all([
    pem(user['client-certificate-data'], user['client-certificate']),
    pem(user['client-key-data'], user['client-key']),
  ])
  if (cert === undefined && key === undefined) return {}
  if (cert !== undefined && key !== undefined) return { certificate: { cert, key }, ...certificateFilesOf(user) }
  const lacks = cert === undefined ? 'client-certificate' : 'client-key'
  throw new ToolError(
    'KUBE_CONFIG_INVALID',
    `user "${name}" has one half of a client certificate: ${lacks} is missing`,
    {
      ...placed(where),
      hint: `add ${lacks} or ${lacks}-data to the user`,
    },
  )
}

function certificateFilesOf(user: WireUser): Pick<KubeUser, 'certificateFiles'> {
  const cert = isSet(user['client-certificate-data']) ? undefined : user['client-certificate']
  const key = isSet(user['client-key-data']) ? undefined : user['client-key']
  if (!isSet(cert) && !isSet(key)) return {}
  return { certificateFiles: { ...(isSet(cert) ? { cert } : {}), ...(isSet(key) ? { key } : {}) } }
}

/** Inline data wins over a file, as with kubectl. */
async function pem(data: string | undefined, file: string | undefined): Promise<string | undefined> {
  if (isSet(data)) return Buffer.from(data, 'base64').toString('utf8')
  if (!isSet(file)) return undefined
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new ToolError('FILE_UNREADABLE', `cannot read ${file}, which the kubeconfig names`, {
      where: file,
      hint: `make ${file} readable, or correct the kubeconfig`,
      cause: error,
    })
  }
}

function impersonationOf(user: WireUser): Impersonation | undefined {
  if (!isSet(user.as)) return undefined
  return {
    user: user.as,
    ...(isSet(user['as-uid']) ? { uid: user['as-uid'] } : {}),
    groups: user['as-groups'] ?? [],
    extra: user['as-user-extra'] ?? {},
  }
}

function execOf(exec: WireExec, cluster: Readonly<Record<string, unknown>>): ExecPlugin {
  return {
    command: exec.command,
    args: exec.args ?? [],
    env: Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value])),
    apiVersion: orDefault(exec.apiVersion, 'client.authentication.k8s.io/v1beta1'),
    ...(isSet(exec.installHint) ? { installHint: exec.installHint } : {}),
    needsTerminal: exec.interactiveMode === 'Always',
    ...(exec.provideClusterInfo === true ? { cluster } : {}),
  }
}

interface KnownCluster {
  readonly server: string
  readonly tls: ServerTrust
  readonly proxy: string | undefined
}

/** @see https://kubernetes.io/docs/reference/config-api/client-authentication.v1/#client-authentication-k8s-io-v1-Cluster */
function execCluster(cluster: WireCluster, { server, tls, proxy }: KnownCluster): Readonly<Record<string, unknown>> {
  const config = cluster.extensions?.find(({ name }) => name === 'client.authentication.k8s.io/exec')?.extension
  return {
    server,
    ...(tls.servername === undefined ? {} : { 'tls-server-name': tls.servername }),
    ...(tls.isUnverified ? { 'insecure-skip-tls-verify': true } : {}),
    ...(tls.ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(tls.ca).toString('base64') }),
    ...(proxy === undefined ? {} : { 'proxy-url': proxy }),
    config: config ?? null,
  }
}

const replacements: Readonly<Record<string, string>> = {
  gcp: 'install gke-gcloud-auth-plugin and run "gcloud container clusters get-credentials"',
  azure: 'install kubelogin and run "kubelogin convert-kubeconfig"',
}

function unsupportedProvider(provider: string, user: string, where: Where): ToolError {
  return new ToolError(
    'KUBE_AUTH_UNSUPPORTED',
    `user "${user}" of the kubeconfig uses the auth-provider "${provider}", which Kubernetes has removed`,
    { ...placed(where), hint: replacements[provider] ?? 'replace it by an exec plugin or a token' },
  )
}

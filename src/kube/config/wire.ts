import * as v from 'valibot'

const text = v.exactOptional(v.string())
const flag = v.exactOptional(v.boolean())
const texts = v.exactOptional(v.array(v.string()))

const clusterSchema: v.GenericSchema<unknown, WireCluster> = v.looseObject({
  server: text,
  'tls-server-name': text,
  'insecure-skip-tls-verify': flag,
  'certificate-authority': text,
  'certificate-authority-data': text,
  'proxy-url': text,
  extensions: v.exactOptional(v.array(v.looseObject({ name: v.string(), extension: v.exactOptional(v.unknown()) }))),
})

const execSchema: v.GenericSchema<unknown, WireExec> = v.looseObject({
  command: v.string(),
  args: texts,
  env: v.exactOptional(v.array(v.looseObject({ name: v.string(), value: v.string() }))),
  apiVersion: text,
  installHint: text,
  provideClusterInfo: flag,
  interactiveMode: v.exactOptional(v.picklist(['Never', 'IfAvailable', 'Always', ''])),
})

const userSchema: v.GenericSchema<unknown, WireUser> = v.looseObject({
  'client-certificate': text,
  'client-certificate-data': text,
  'client-key': text,
  'client-key-data': text,
  token: text,
  tokenFile: text,
  as: text,
  'as-uid': text,
  'as-groups': texts,
  'as-user-extra': v.exactOptional(v.record(v.string(), v.array(v.string()))),
  username: text,
  password: text,
  'auth-provider': v.exactOptional(
    v.looseObject({ name: v.string(), config: v.exactOptional(v.record(v.string(), v.string())) }),
  ),
  exec: v.exactOptional(execSchema),
})

const contextSchema: v.GenericSchema<unknown, WireContext> = v.looseObject({
  cluster: text,
  user: text,
  namespace: text,
})

/** @see https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ */
export const kubeconfigSchema: v.GenericSchema<unknown, Kubeconfig> = v.looseObject({
  'current-context': text,
  clusters: v.exactOptional(v.array(v.looseObject({ name: v.string(), cluster: v.optional(clusterSchema, {}) }))),
  users: v.exactOptional(v.array(v.looseObject({ name: v.string(), user: v.optional(userSchema, {}) }))),
  contexts: v.exactOptional(v.array(v.looseObject({ name: v.string(), context: v.optional(contextSchema, {}) }))),
})

/** One kubeconfig file, or several merged. */
export interface Kubeconfig {
  readonly 'current-context'?: string
  readonly clusters?: readonly (WirePlace & { readonly name: string; readonly cluster: WireCluster })[]
  readonly users?: readonly (WirePlace & { readonly name: string; readonly user: WireUser })[]
  readonly contexts?: readonly (WirePlace & { readonly name: string; readonly context: WireContext })[]
}

/** Where an entry stands, as `file:line:column`, once it is known; finding out reads the file's text again. */
interface WirePlace {
  readonly where?: () => string
}

export interface WireCluster {
  readonly server?: string
  readonly 'tls-server-name'?: string
  readonly 'insecure-skip-tls-verify'?: boolean
  readonly 'certificate-authority'?: string
  readonly 'certificate-authority-data'?: string
  readonly 'proxy-url'?: string
  readonly extensions?: readonly { readonly name: string; readonly extension?: unknown }[]
}

export interface WireUser {
  readonly 'client-certificate'?: string
  readonly 'client-certificate-data'?: string
  readonly 'client-key'?: string
  readonly 'client-key-data'?: string
  readonly token?: string
  readonly tokenFile?: string
  readonly as?: string
  readonly 'as-uid'?: string
  readonly 'as-groups'?: readonly string[]
  readonly 'as-user-extra'?: Readonly<Record<string, readonly string[]>>
  readonly username?: string
  readonly password?: string
  readonly 'auth-provider'?: { readonly name: string; readonly config?: Readonly<Record<string, string>> }
  readonly exec?: WireExec
}

export interface WireExec {
  readonly command: string
  readonly args?: readonly string[]
  readonly env?: readonly { readonly name: string; readonly value: string }[]
  readonly apiVersion?: string
  readonly installHint?: string
  readonly provideClusterInfo?: boolean
  readonly interactiveMode?: 'Never' | 'IfAvailable' | 'Always' | ''
}

export interface WireContext {
  readonly cluster?: string
  readonly user?: string
  readonly namespace?: string
}

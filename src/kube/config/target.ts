import type { RunProcess } from '../../subprocess/index.ts'

/** The environment that a client works in. */
export interface KubeOutside {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Runs the credential plugins that a kubeconfig names. */
  readonly runProcess: RunProcess
}

/** One context of a kubeconfig with everything it refers to read. */
export interface KubeTarget {
  readonly context: string
  readonly namespace: string
  /** URL without a slash at its end. */
  readonly server: string
  readonly tls: ServerTrust
  /** URL of the proxy that the kubeconfig asks for. */
  readonly proxy?: string
  readonly user: KubeUser
}

/** How the API server proves who it is. */
export interface ServerTrust {
  /** PEM text. */
  readonly ca?: string
  readonly servername?: string
  readonly isUnverified: boolean
}

/** How we prove who we are. Where several are given: the client certificate, and the first of token, file, basic, plugin. */
export interface KubeUser {
  readonly certificate?: ClientCertificate
  /** Where its parts were read, if in files: they may be replaced. */
  readonly certificateFiles?: { readonly cert?: string; readonly key?: string }
  readonly token?: string
  readonly tokenFile?: string
  readonly basic?: { readonly username: string; readonly password: string }
  readonly exec?: ExecPlugin
  readonly oidc?: OidcLogin
  readonly impersonate?: Impersonation
}

/** PEM texts. */
export interface ClientCertificate {
  readonly cert: string
  readonly key: string
}

/** A program that prints credentials. */
export interface ExecPlugin {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly apiVersion: string
  readonly installHint?: string
  readonly needsTerminal: boolean
  /** `spec.cluster` of what the program is told; absent when it does not want to know. */
  readonly cluster?: Readonly<Record<string, unknown>>
}

/** A login at an OpenID provider: what `auth-provider: oidc` says. */
export interface OidcLogin {
  /** The user's name in the kubeconfig, for errors. */
  readonly user: string
  /** Where new tokens are kept; undefined: nowhere. */
  readonly file?: string
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret?: string
  readonly idToken?: string
  readonly refreshToken?: string
  /** PEM text of the issuer's authorities. */
  readonly ca?: string
}

/** Whom to act as. */
export interface Impersonation {
  readonly user: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>>
}

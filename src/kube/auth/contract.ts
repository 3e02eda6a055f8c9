import type { ClientCertificate } from '../config/target.ts'

/** What goes with a request to prove who sends it. */
export interface Credentials {
  /** A list is sent as one header for each of its values. */
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly certificate?: ClientCertificate
}

export interface CredentialSource {
  get(signal?: AbortSignal): Promise<Credentials>
  /** Called when the server refused what `get` gave; whether asking again may give others. */
  renew(refused: Credentials): boolean
}

export function bearerHeader(token: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token}` }
}

/** How to prove to a registry who is asking. */
export type Credentials =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  /** A refresh token: the token server gives an access token for it. */
  | { readonly kind: 'identityToken'; readonly username: string; readonly token: string }
  /** An access token, used as it is. */
  | { readonly kind: 'accessToken'; readonly token: string }

/** The value of an `Authorization` header. */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

import type { AccessToken, TokenSource } from './contract.ts'
import { findCredentials, type FindOutside } from './credentials/find-credentials.ts'

/** A token and what calls made with it carry beside it. */
export interface HeldToken {
  readonly value: string
  readonly quotaProject?: string
}

/** Keeps the token of an account until it runs out. */
export interface Tokens {
  get(signal?: AbortSignal): Promise<HeldToken>
  /** This one was refused; the next call makes another. */
  forget(token: HeldToken): void
}

/** A token is made anew this long before it runs out. */
const spareMs = 60_000

interface Held {
  readonly token: AccessToken
  readonly held: HeldToken
}

/** Looks for credentials at the first call. Calls at the same time wait for the same token. */
export function createTokens(outside: FindOutside): Tokens {
  let source: TokenSource | undefined
  let current: Held | undefined
  let pending: Promise<Held> | undefined
  const make = async (): Promise<Held> => {
    source ??= await findCredentials(outside)
    const token = await source.fetch()
    const { quotaProject } = source
    current = { token, held: { value: token.value, ...(quotaProject === undefined ? {} : { quotaProject }) } }
    return current
  }
  return {
    async get(signal) {
      signal?.throwIfAborted()
      if (current !== undefined && current.token.expiresAt - spareMs > outside.now()) return current.held
      pending ??= make().finally(() => {
        pending = undefined
      })
      return (await unlessAborted(pending, signal)).held
    },
    forget(token) {
      if (current?.held === token) current = undefined
    },
  }
}

/** The token is for others, too: who does not want it any more only stops waiting. */
async function unlessAborted<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return promise
  let stop = (): void => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error)
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

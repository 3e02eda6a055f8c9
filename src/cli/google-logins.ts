import { isToolError } from '../errors/index.ts'
import type { Emit } from '../events/index.ts'
import type { RegistryOptions } from '../registry/index.ts'
import type { RunProcess } from '../subprocess/index.ts'
import type { Closing } from './closing.ts'
import type { Invocation } from './command.ts'
import { once } from './once.ts'
import { openGoogle } from './open-google.ts'

/**
 * Logins to Google's registries with the account that its other services are used with, for who has stored none: of a
 * project that uses these services.
 */
export function googleLogins(
  outside: Pick<Invocation, 'cwd' | 'env'>,
  parts: { readonly runProcess: RunProcess; readonly closing: Closing; readonly emit: Emit },
): NonNullable<RegistryOptions['lastResort']> {
  const open = once(async () => openGoogle(outside, parts))
  return async (registry) => {
    if (!isOfGoogle(registry)) return undefined
    try {
      const google = await open()
      return { username: 'oauth2accesstoken', password: await google.accessToken() }
    } catch (error) {
      if (!isToolError(error)) throw error
      // the registry may be open to everybody
      parts.emit({ type: 'detail', text: `${registry} is asked without a login: ${error.message}` })
      return undefined
    }
  }
}

function isOfGoogle(registry: string): boolean {
  return /^(?:(?:[a-z]+\.)?gcr\.io|[a-z0-9-]+-docker\.pkg\.dev)$/.test(registry)
}

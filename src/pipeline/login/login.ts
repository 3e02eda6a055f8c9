import {
  checkLogin,
  eraseLogin,
  storeLogin,
  type Login,
  type RegistryOptions,
  type StoredLogin,
} from '../../registry/index.ts'
import type { ImageContext } from '../image/context.ts'

/** How a registry is reached. */
export type RegistryReach = Pick<RegistryOptions, 'insecureRegistries' | 'plainHttp' | 'skipTlsVerify' | 'http'>

/** A login to check and keep. */
export interface LoginRequest extends Login {
  readonly registry: string
  readonly reach: RegistryReach
}

type LoginContext = Pick<ImageContext, 'env' | 'runProcess' | 'emit' | 'signal'>

/**
 * Asks the registry whether it takes the login, and only then keeps it where docker would.
 * @throws REGISTRY_UNAUTHORIZED, REGISTRY_…, FILE_UNWRITABLE, PROGRAM_FAILED
 */
export async function logIn(context: LoginContext, request: LoginRequest): Promise<StoredLogin> {
  const { registry, reach, username, password } = request
  await checkLogin(registry, { username, password }, { ...context, ...reach })
  return storeLogin(registry, { username, password }, context)
}

/** Forgets the login for a registry; false when there was none. */
export async function logOut(context: LoginContext, registry: string): Promise<boolean> {
  return eraseLogin(registry, context)
}

import { checkLogin, eraseLogin, storeLogin, type Login, type StoredLogin } from '../../registry/index.ts'
import type { ImageContext } from '../image/context.ts'

/** A login to check and keep. */
export interface LoginRequest extends Login {
  readonly registry: string
  readonly insecure: boolean
}

type LoginContext = Pick<ImageContext, 'env' | 'runProcess' | 'emit' | 'signal'>

/**
 * Asks the registry whether it takes the login, and only then keeps it where docker would.
 * @throws REGISTRY_UNAUTHORIZED, REGISTRY_…, FILE_UNWRITABLE, PROGRAM_FAILED
 */
export async function logIn(context: LoginContext, request: LoginRequest): Promise<StoredLogin> {
  const { registry, insecure, username, password } = request
  const insecureRegistries = insecure ? [registry] : []
  await checkLogin(registry, { username, password }, { ...context, insecureRegistries })
  return storeLogin(registry, { username, password }, context)
}

/** Forgets the login for a registry; false when there was none. */
export async function logOut(context: LoginContext, registry: string): Promise<boolean> {
  return eraseLogin(registry, context)
}

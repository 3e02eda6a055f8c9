export { checkLogin } from './check-login.ts'
export type { ByteSpan, PushOutcome, RawManifest, ReferrerOptions, Registry, Repository } from './contract.ts'
export { createRegistry, type RegistryOptions } from './create-registry.ts'
export {
  eraseLogin,
  storeLogin,
  type Login,
  type StoredLogin,
  type StoreOutside,
} from './keychain/store-credentials.ts'

export type { ByteSpan, PushOutcome, RawManifest, ReferrerOptions, Registry, Repository } from './contract.ts'
export { createRegistry, type RegistryOptions } from './create-registry.ts'

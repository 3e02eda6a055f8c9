export type { PushOutcome, RawManifest, Registry, Repository } from './contract.ts'
export { createRegistry, type RegistryOptions } from './create-registry.ts'

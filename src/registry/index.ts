export type { PushOutcome, RawManifest, Registry, Repository } from './contract.ts'

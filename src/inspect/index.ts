export { createInspector, type Inspection, type Inspector, type InspectorOptions } from './inspect.ts'
export {
  createBaseInspector,
  type BaseImageFacts,
  type BaseImageStore,
  type BaseInspector,
  type BaseInspectorOptions,
} from './inspect-bases.ts'
export { checkEntrypoint, type EntrypointOptions, type EntrypointReport } from './programs/check-entrypoint.ts'
export type { ReadPart } from './programs/contract.ts'
export { readImageConfig, type ReadConfigOptions } from './read-config.ts'

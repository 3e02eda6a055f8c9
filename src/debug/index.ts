export type { ContainerDebugConfig, DebugImage, DebugOptions, RuntimeName } from './contract.ts'
export { debugObject } from './debug-object.ts'

export type { Builder, BuildRequest, BuildResult } from './contract.ts'

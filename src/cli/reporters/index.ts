export { createReporter, type ReporterOptions } from './create.ts'
export type { Reporter } from './plain.ts'

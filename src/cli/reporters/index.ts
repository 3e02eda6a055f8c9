export { createReporter, type ReporterOptions } from './create.ts'

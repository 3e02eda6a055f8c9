export { createReporter } from './create.ts'
export type { Reporter } from './plain.ts'

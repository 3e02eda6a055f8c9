export { createLimiter, type Limiter } from './limit.ts'
export { memoizeAsync } from './memoize.ts'

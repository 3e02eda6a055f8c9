export { classExpression, readCharacterClass } from './character-class.ts'
export { compileGoPattern, hasWildcards } from './go-pattern.ts'
export { createLimiter, type Limiter } from './limit.ts'
export { memoizeAsync } from './memoize.ts'

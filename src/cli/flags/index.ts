export { environmentNames, type Flag } from './flag.ts'
export { nearest } from './nearest.ts'
export { parseArguments } from './parse.ts'
export { ParsedFlags } from './parsed.ts'

export { environmentName, environmentNames, type Flag } from './flag.ts'
export { nearest } from './nearest.ts'
export { parseArguments, type ParsedArguments } from './parse.ts'
export { ParsedFlags } from './parsed.ts'

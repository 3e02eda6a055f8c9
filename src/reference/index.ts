export { rewriteImage, type DefaultRepoOptions } from './default-repo.ts'
export { apiHost, formatFamiliar, formatReference, formatRepository, withDigest, withTag } from './format.ts'
export { parseReference } from './parse.ts'
export type { Reference } from './reference.ts'

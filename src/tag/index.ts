export type { Tagger, TagOutside, TagSubject } from './contract.ts'
export { createTagger } from './create-tagger.ts'

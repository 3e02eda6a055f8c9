export { parseAnnotations, type Annotation } from './annotations.ts'
export type { ImageContext } from './context.ts'
export { copyImage, type CopyResult } from './copy-image.ts'
export { createIndexOf, type CreatedIndex } from './create-index.ts'
export { editIndex } from './edit-index.ts'
export {
  inspectImage,
  readManifest,
  type AttestationReport,
  type EntryReport,
  type ImageReport,
} from './inspect-image.ts'
export { listImageTags } from './list-tags.ts'
export { verifyImage, type Verification } from './verify-image.ts'

export {
  assertDigest,
  digestOf,
  isDigest,
  parseDigest,
  verifyBytes,
  verifyStream,
  type ContentClaim,
  type Digest,
  type DigestAlgorithm,
} from './digest.ts'
export { convertImage, type ConvertedImage } from './convert.ts'
export { createImage, imageFromRaw, type ImageParts, type RawImage } from './image.ts'
export { createIndex, indexFromRaw, type IndexParts } from './image-index.ts'
export {
  changeEntry,
  entriesOf,
  entryOf,
  writeIndex,
  type EntryChange,
  type IndexDocument,
  type IndexEntry,
} from './index-entries.ts'
export {
  compressionOf,
  familyOf,
  isConfigType,
  isForeignLayerType,
  isImageType,
  isIndexType,
  mediaTypes,
  readableManifestTypes,
  toFamily,
  type Compression,
  type MediaTypeFamily,
} from './media-types.ts'
export {
  filterIndex,
  withAnnotations,
  withConfig,
  withContainerConfig,
  withIndexAnnotations,
  withLabels,
} from './mutate.ts'
export { parseConfig, parseManifest, type ParsedManifest } from './parse.ts'
export { isAttestation, platformOfConfig } from './platform.ts'
export type {
  AttachedManifest,
  Blob,
  ContainerConfig,
  Descriptor,
  Healthcheck,
  HistoryEntry,
  Image,
  ImageConfig,
  ImageIndex,
  ImageManifest,
  IndexManifest,
  Layer,
} from './types.ts'
export { validateImage, validateIndex, type Problem } from './validate.ts'

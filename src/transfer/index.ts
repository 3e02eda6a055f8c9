export { beginCopy, type BegunCopy } from './begun-copies.ts'
export type { ImageCatalog, ImageSink, ImageSource, ImageStore } from './contract.ts'
export { createCopier, isSamePlace, type Copier, type CopyWork } from './copy.ts'
export { createDryStore, type DryStore, type WritePlan } from './dry-store.ts'
export {
  describeImage,
  gatherEntries,
  isAbout,
  keepPlatforms,
  type Gathered,
  type GatheredEntry,
  type GatherOptions,
} from './gather.ts'
export { formatLocation, nameWithin, parseLocation, renamed, type FileLocation, type Location } from './location.ts'
export { openStore, type OpenStore, type StoreOutside, type StoreUse } from './open-store.ts'
export {
  platformTag,
  publishImages,
  pushImage,
  type BlobEvent,
  type Published,
  type PublishRequest,
} from './publish.ts'
export { findAttached, type Attached } from './referrers.ts'
export { registryStore } from './registry-store.ts'

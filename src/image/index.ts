export type {
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

export type {
  BlobStore,
  ByteRange,
  ManifestStore,
  RegistryStore,
  StoredManifest,
  TagStore,
  UploadStore,
} from './contract.ts'
export { createFileStore, type FileStoreOptions } from './file-store.ts'
export { createRegistryHandler, type RegistryHandler, type RegistryHandlerOptions } from './handler.ts'
export { createMemoryStore } from './memory-store.ts'

export {
  platformTag,
  publishImages,
  pushImage,
  type BlobEvent,
  type Published,
  type PublishRequest,
} from './publish.ts'

export { annotateList, type AnnotateListRequest } from './annotate-list.ts'
export { createList, type CreateListRequest } from './create-list.ts'
export {
  inspectManifest,
  type InspectedManifest,
  type InspectListRequest,
  type ManifestDetails,
} from './inspect-list.ts'
export { pushList, type PushedList, type PushListRequest } from './push-list.ts'
export { removeLists } from './remove-lists.ts'

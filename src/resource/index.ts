export type { PlacementRules } from './custom/contract.ts'
export { editObject, editResource, reviseResource, type ResourceEdit } from './edit.ts'
export { commentedFields, parsePlainValue, type CommentedField } from './line-comments.ts'
export { locateInResource, parseResources } from './parse.ts'
export {
  imageFields,
  podImages,
  placementHint,
  podTemplateAt,
  podTemplates,
  refusesPlacement,
  type ImageField,
  type PodTemplate,
} from './pod-templates.ts'
export { printResources } from './print.ts'
export {
  groupKind,
  isMapping,
  resourceName,
  valueAt,
  type Mapping,
  type Resource,
  type ResourceMetadata,
  type ResourceObject,
  type ResourcePath,
  type ResourceSource,
} from './resource.ts'
export { isClusterScoped } from './scope.ts'

export { awaitDeletions, type AwaitDeletionsRequest } from './await-deletions.ts'
export { deleteResources, type DeleteRequest } from './delete-resources.ts'
export { deployResources, type DeployedObject, type DeployRequest } from './deploy-resources.ts'
export { findLeftovers, runIdLabel, runIdsOf, type LeftoverQuestion } from './find-leftovers.ts'

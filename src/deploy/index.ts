export { deleteResources, type DeleteRequest } from './delete-resources.ts'
export { deployResources, type DeployedObject, type DeployRequest } from './deploy-resources.ts'

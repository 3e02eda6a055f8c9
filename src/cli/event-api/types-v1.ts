import { builderTypes, statusCodes } from './enumerations.ts'
import { choice, int, many, mapOf, one, oneOf, text, timestamp, type MessageType } from './message-type.ts'
import {
  actionableErr,
  additional,
  buildState,
  buildType,
  deployMetadata,
  deployState,
  fileSyncState,
  intOrString,
  stageState,
  statusCheckState,
  terminationEvent,
  testMetadata,
} from './shared-types.ts'

/** Messages of Skaffold's `proto/v1/skaffold.proto`, package `proto`. */

const buildMetadata: MessageType = {
  numberOfArtifacts: int(1),
  builders: many(2, { type: oneOf(1, builderTypes), count: int(2) }),
  type: buildType(3),
  additional,
}

const metadata: MessageType = {
  build: one(1, buildMetadata),
  deploy: one(2, deployMetadata),
  test: one(3, testMetadata),
  additional,
}

const portEvent: MessageType = {
  localPort: int(1),
  remotePort: int(2),
  podName: text(3),
  containerName: text(4),
  namespace: text(5),
  portName: text(6),
  resourceType: text(7),
  resourceName: text(8),
  address: text(9),
  targetPort: one(10, intOrString),
}

const debuggingContainerEvent: MessageType = {
  status: text(1),
  podName: text(2),
  containerName: text(3),
  namespace: text(4),
  artifact: text(5),
  runtime: text(6),
  workingDir: text(7),
  debugPorts: mapOf(8, 'string', { number: 2, type: 'uint32' }),
}

const buildEvent: MessageType = {
  artifact: text(1),
  status: text(2),
  err: text(3),
  errCode: oneOf(4, statusCodes),
  actionableErr: one(5, actionableErr),
  hostPlatform: text(6),
  targetPlatforms: text(7),
}

const deployEvent: MessageType = {
  status: text(1),
  err: text(2),
  errCode: oneOf(3, statusCodes),
  actionableErr: one(4, actionableErr),
}

const statusCheckEvent: MessageType = {
  status: text(1),
  message: text(2),
  err: text(3),
  errCode: oneOf(4, statusCodes),
  actionableErr: one(5, actionableErr),
}

const resourceStatusCheckEvent: MessageType = {
  resource: text(1),
  status: text(2),
  message: text(3),
  err: text(4),
  statusCode: oneOf(5, statusCodes),
  actionableErr: one(6, actionableErr),
}

const fileSyncEvent: MessageType = {
  fileCount: int(1),
  image: text(2),
  status: text(3),
  err: text(4),
  errCode: oneOf(5, statusCodes),
  actionableErr: one(6, actionableErr),
}

/** One thing that happened. */
export const eventV1: MessageType = choice({
  metaEvent: one(1, { entry: text(1), metadata: one(2, metadata) }),
  buildEvent: one(2, buildEvent),
  deployEvent: one(3, deployEvent),
  portEvent: one(4, portEvent),
  statusCheckEvent: one(5, statusCheckEvent),
  resourceStatusCheckEvent: one(6, resourceStatusCheckEvent),
  fileSyncEvent: one(7, fileSyncEvent),
  debuggingContainerEvent: one(8, debuggingContainerEvent),
  devLoopEvent: one(9, { iteration: int(1), status: text(2), err: one(3, actionableErr) }),
  terminationEvent: one(10, terminationEvent),
  TestEvent: one(11, { status: text(1), actionableErr: one(2, actionableErr) }),
})

/** What streams are made of: an event with its time and a sentence. */
export const logEntry: MessageType = { timestamp: timestamp(1), event: one(2, eventV1), entry: text(3) }

/** Where everything stands. */
export const stateV1: MessageType = {
  buildState: one(1, buildState),
  deployState: one(2, deployState),
  forwardedPorts: mapOf(4, 'int32', one(2, portEvent)),
  statusCheckState: one(5, statusCheckState),
  fileSyncState: one(6, fileSyncState),
  debuggingContainers: many(7, debuggingContainerEvent),
  metadata: one(8, metadata),
  testState: one(9, stageState),
}

import { builderTypes, logLevels, renderTypes, statusCodes } from './enumerations.ts'
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

/** Messages of Skaffold's `proto/v2/skaffold.proto`, package `proto.v2`. */

const buildMetadata: MessageType = {
  artifacts: many(1, { type: oneOf(1, builderTypes), name: text(2), context: text(3), dockerfile: text(4) }),
  type: buildType(2),
  additional,
}

const metadata: MessageType = {
  build: one(1, buildMetadata),
  deploy: one(2, deployMetadata),
  test: one(3, testMetadata),
  runID: text(4),
  render: one(5, { Renderers: many(1, { type: oneOf(1, renderTypes), count: int(2) }) }),
  additional,
}

const subtask: MessageType = { id: text(1), task_id: text(2), status: text(3), actionableErr: one(4, actionableErr) }

const buildSubtaskEvent: MessageType = {
  id: text(1),
  task_id: text(2),
  artifact: text(3),
  step: text(4),
  status: text(5),
  actionableErr: one(6, actionableErr),
  hostPlatform: text(7),
  targetPlatforms: text(8),
}

const taskEvent: MessageType = {
  id: text(1),
  task: text(2),
  description: text(3),
  iteration: int(4),
  status: text(5),
  actionableErr: one(6, actionableErr),
}

const skaffoldLogEvent: MessageType = {
  task_id: text(1),
  subtask_id: text(2),
  level: oneOf(4, logLevels),
  message: text(5),
}

const applicationLogEvent: MessageType = {
  containerName: text(1),
  podName: text(2),
  prefix: text(3),
  message: text(4),
  richFormattedMessage: text(5),
}

const portForwardEvent: MessageType = {
  id: text(1),
  task_id: text(2),
  localPort: int(3),
  podName: text(4),
  containerName: text(5),
  namespace: text(6),
  portName: text(7),
  resourceType: text(8),
  resourceName: text(9),
  address: text(10),
  targetPort: one(11, intOrString),
}

const statusCheckSubtaskEvent: MessageType = {
  id: text(1),
  task_id: text(2),
  resource: text(3),
  status: text(4),
  message: text(5),
  statusCode: oneOf(6, statusCodes),
  actionableErr: one(7, actionableErr),
}

const fileSyncEvent: MessageType = {
  id: text(1),
  task_id: text(2),
  fileCount: int(3),
  image: text(4),
  status: text(5),
  actionableErr: one(6, actionableErr),
}

const debuggingContainerEvent: MessageType = {
  id: text(1),
  task_id: text(2),
  status: text(3),
  podName: text(4),
  containerName: text(5),
  namespace: text(6),
  artifact: text(7),
  runtime: text(8),
  workingDir: text(9),
  debugPorts: mapOf(10, 'string', { number: 2, type: 'uint32' }),
}

const cloudRunReadyEvent: MessageType = {
  id: text(1),
  task_id: text(2),
  resource: text(3),
  url: text(4),
  ready_revision: text(5),
}

/** What streams are made of: one thing that happened, with its time. */
export const eventV2: MessageType = {
  timestamp: timestamp(1),
  ...choice({
    metaEvent: one(2, { entry: text(1), metadata: one(2, metadata) }),
    skaffoldLogEvent: one(3, skaffoldLogEvent),
    applicationLogEvent: one(4, applicationLogEvent),
    taskEvent: one(5, taskEvent),
    buildSubtaskEvent: one(6, buildSubtaskEvent),
    deploySubtaskEvent: one(7, subtask),
    portEvent: one(8, portForwardEvent),
    statusCheckSubtaskEvent: one(9, statusCheckSubtaskEvent),
    fileSyncEvent: one(10, fileSyncEvent),
    debuggingContainerEvent: one(11, debuggingContainerEvent),
    terminationEvent: one(12, terminationEvent),
    testEvent: one(13, subtask),
    renderEvent: one(14, subtask),
    verifyEvent: one(15, subtask),
    cloudRunReadyEvent: one(16, cloudRunReadyEvent),
    execEvent: one(17, subtask),
  }),
}

/** Where everything stands. */
export const stateV2: MessageType = {
  buildState: one(1, buildState),
  deployState: one(2, deployState),
  forwardedPorts: mapOf(3, 'int32', one(2, portForwardEvent)),
  statusCheckState: one(4, statusCheckState),
  fileSyncState: one(5, fileSyncState),
  debuggingContainers: many(6, debuggingContainerEvent),
  metadata: one(7, metadata),
  testState: one(8, stageState),
  renderState: one(9, stageState),
  verifyState: one(10, stageState),
}

import { buildTypes, clusterTypes, deployerTypes, statusCodes, suggestionCodes, testerTypes } from './enumerations.ts'
import { choice, flag, int, many, mapOf, one, oneOf, text, type MessageType } from './message-type.ts'

/** Messages that are the same in both versions. */

/** Nothing. */
export const empty: MessageType = {}

/** An error with what to do about it. */
export const actionableErr: MessageType = {
  errCode: oneOf(1, statusCodes),
  message: text(2),
  suggestions: many(3, { suggestionCode: oneOf(1, suggestionCodes), action: text(2) }),
}

/** How a stage that has no more to say stands. */
export const stageState: MessageType = { status: text(1), statusCode: oneOf(2, statusCodes) }

/** Where builds stand, by artifact. */
export const buildState: MessageType = {
  artifacts: mapOf(1, 'string', text(2)),
  autoTrigger: flag(2),
  statusCode: oneOf(3, statusCodes),
}

/** Where the deployment stands. */
export const deployState: MessageType = { status: text(1), autoTrigger: flag(2), statusCode: oneOf(3, statusCodes) }

/** Where the wait for what was deployed stands. */
export const statusCheckState: MessageType = {
  status: text(1),
  resources: mapOf(2, 'string', text(2)),
  statusCode: oneOf(3, statusCodes),
}

/** Where the synchronization of files stands. */
export const fileSyncState: MessageType = { status: text(1), autoTrigger: flag(2) }

/** The end of the session. */
export const terminationEvent: MessageType = { status: text(1), err: one(2, actionableErr) }

/** A number or a name, as Kubernetes has them for ports: type 0 or 1. */
export const intOrString: MessageType = { type: int(1), intVal: int(2), strVal: text(3) }

/** Texts by name. */
export const additional: MessageType[string] = mapOf(99, 'string', text(2))

/** What is deployed with what. */
export const deployMetadata: MessageType = {
  deployers: many(1, { type: oneOf(1, deployerTypes), count: int(2) }),
  cluster: oneOf(2, clusterTypes),
}

/** What is tested with what. */
export const testMetadata: MessageType = { Testers: many(1, { type: oneOf(1, testerTypes), count: int(2) }) }

/** Where images are built. */
export const buildType = (number: number): MessageType[string] => oneOf(number, buildTypes)

/** Whether something happens by itself. */
export const triggerRequest: MessageType = { state: one(1, choice({ enabled: flag(1) })) }

/** What is asked for once. */
export const userIntentRequest: MessageType = {
  intent: one(1, { build: flag(1), sync: flag(2), deploy: flag(3), devloop: flag(4) }),
}

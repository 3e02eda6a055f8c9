import { ToolError } from '../../errors/index.ts'
import { valueOf, type Node } from '../node.ts'
import { readText } from '../read.ts'
import { placeOf, type Source } from '../source.ts'
import { configVersions } from '../versions.ts'
import { setMember, textNode } from './edit.ts'
import { flattenHelmValues, readHelmValues } from './flatten-values.ts'
import type { Step, StepContext } from './step.ts'
import { stepsToV1 } from './steps-v1.ts'
import { stepsToV2 } from './steps-v2.ts'
import { stepsToV4 } from './steps-v4.ts'

/** A document to upgrade. Its structure was checked against its own version. */
export interface UpgradeRequest {
  readonly source: Source
  readonly root: Node
  /** The version to reach, not older than the document's. */
  readonly target: string
  /** Told what the upgrade loses or changes in meaning. */
  readonly warn: (text: string) => void
}

const steps: Readonly<Record<string, Step>> = { ...stepsToV1, ...stepsToV2, ...stepsToV4 }
const flatSince = configVersions.indexOf('skaffold/v2beta6')

/**
 * Upgrades a document one version at a time, before profiles are looked at. Places stay those of the user's file. Unlike
 * Skaffold it keeps `bazel.target` and the values of patches, which Skaffold loses on the way.
 * @throws CONFIG_UPGRADE_FAILED when the document holds something that newer versions have no place for
 */
export function upgradeDocument({ source, root, target, warn }: UpgradeRequest): Node {
  const context: StepContext = {
    warn,
    fail(message, at) {
      throw new ToolError('CONFIG_UPGRADE_FAILED', message, {
        where: placeOf(source, at),
        hint: 'change that part of the file by hand to what a newer version has',
      })
    },
  }
  const version = valueOf(root, 'apiVersion')
  const from = configVersions.indexOf(readText(version) ?? '')
  const to = configVersions.indexOf(target)
  let upgraded = (from >= flatSince ? flattenHelmValues : readHelmValues)(root, context)
  for (const next of configVersions.slice(from + 1, to + 1)) upgraded = steps[next]?.(upgraded, context) ?? upgraded
  return setMember(upgraded, 'apiVersion', textNode(target, version?.at ?? root.at))
}

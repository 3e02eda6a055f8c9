import { ToolError } from '../../errors/index.ts'
import type { ResourceObject } from '../../resource/index.ts'
import type { Context, DeployOptions, DeployOutcome, Project } from '../contract.ts'
import { followDeployed } from '../follow-deployed.ts'
import { describeRun, sendToRun } from './deploy-run.ts'
import { isForRun, placeOfRun } from './run-configs.ts'

/** What was rendered before. */
export interface ApplyRunOptions {
  readonly objects: readonly ResourceObject[]
  readonly deploy: DeployOptions
}

/**
 * Deploys objects that were rendered before to the one place of Cloud Run that the project has.
 * @throws CONFIG_CONFLICT when it has several; what deploying throws
 */
export async function applyRun(
  context: Context,
  project: Project,
  { objects, deploy }: ApplyRunOptions,
): Promise<DeployOutcome> {
  const configs = project.configs.filter(isForRun)
  const places = new Set(configs.map((config) => JSON.stringify(placeOfRun(context, config))))
  const [config] = configs
  if (config === undefined || places.size > 1) {
    throw new ToolError(
      'CONFIG_CONFLICT',
      `expected all Cloud Run deploys to be in the same region and project, found ${[...places].join(' and ')}`,
      { hint: 'choose one configuration with -m, or pass --cloud-run-project and --cloud-run-location' },
    )
  }
  const run = await sendToRun(context, [{ config, objects }], { deploy })
  await followDeployed(context, { project, refs: [], built: [], deploy, run })
  return { built: [], resources: run.map(describeRun), pods: [] }
}

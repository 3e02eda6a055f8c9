import type { SkaffoldConfig } from '../../config/index.ts'
import type { RunPlace } from '../../deploy/cloud-run/index.ts'
import { ToolError } from '../../errors/index.ts'
import type { Context, Project } from '../contract.ts'

/** Whether a configuration is deployed to Cloud Run in place of a cluster. */
export function isForRun({ deploy }: Pick<SkaffoldConfig, 'deploy'>): boolean {
  return deploy.cloudrun !== undefined
}

/** What is deployed to a cluster, and what to Cloud Run. */
export interface SplitProject {
  readonly cluster: Project
  readonly run: Project
}

/** Configurations that deploy nothing need no cluster when others are for Cloud Run. */
export function splitProject(project: Project): SplitProject {
  const run = project.configs.filter(isForRun)
  if (run.length === 0) return { cluster: project, run: { ...project, configs: [] } }
  const cluster = project.configs.filter((config) => !isForRun(config) && deploysSomething(config))
  return { cluster: { ...project, configs: cluster }, run: { ...project, configs: run } }
}

function deploysSomething({ manifests, deploy }: SkaffoldConfig): boolean {
  const { rawYaml, kpt = [], remoteManifests = [], kustomize, helm } = manifests
  const isGiven = rawYaml.length + kpt.length + remoteManifests.length > 0
  return isGiven || [kustomize, helm, deploy.helm, deploy.docker].some((one) => one !== undefined)
}

/**
 * Where a configuration's objects go; flags win over the file.
 * @throws CONFIG_MISSING_FIELD without a region
 */
export function placeOfRun({ cloudRun = {} }: Pick<Context, 'cloudRun'>, { deploy, file }: SkaffoldConfig): RunPlace {
  const { projectid = '', region = '' } = deploy.cloudrun ?? {}
  const project = cloudRun.project ?? projectid
  const where = cloudRun.location ?? region
  if (where !== '') return { region: where, ...(project === '' ? {} : { project }) }
  throw new ToolError('CONFIG_MISSING_FIELD', `location must be specified with Cloud Run Deployer (${file})`, {
    hint: 'set `deploy.cloudrun.region`, or pass --cloud-run-location',
  })
}

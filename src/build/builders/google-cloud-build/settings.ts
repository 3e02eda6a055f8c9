import * as v from 'valibot'
import type { Artifact } from '../../../config/index.ts'
import { ToolError } from '../../../errors/index.ts'
import type { Reference } from '../../../reference/index.ts'

/** `build.googleCloudBuild`, with Skaffold's defaults. */
export interface CloudBuildSettings {
  readonly projectId?: string
  readonly bucket?: string
  readonly diskSizeGb?: number
  readonly machineType?: string
  readonly timeout?: string
  readonly logging?: string
  readonly logStreamingOption?: string
  readonly dockerImage: string
  readonly kanikoImage: string
  readonly mavenImage: string
  readonly gradleImage: string
  readonly packImage: string
  readonly koImage: string
  readonly workerPool?: string
  readonly region?: string
  readonly platformEmulatorInstallStep: EmulatorStep
  readonly serviceAccount?: string
}

/** The step that lets a worker run programs of other architectures. */
export interface EmulatorStep {
  readonly image?: string
  readonly args?: readonly string[]
  readonly entrypoint?: string
}

const text = v.exactOptional(v.string())
/** An empty text is as good as none. */
const image = (standard: string): v.GenericSchema<unknown, string> =>
  v.pipe(
    v.optional(v.string(), standard),
    v.transform((name) => (name === '' ? standard : name)),
  )

const settingsSchema = v.object({
  projectId: text,
  bucket: text,
  diskSizeGb: v.exactOptional(v.number()),
  machineType: text,
  timeout: text,
  logging: text,
  logStreamingOption: text,
  dockerImage: image('gcr.io/cloud-builders/docker'),
  kanikoImage: image('gcr.io/kaniko-project/executor:latest'),
  mavenImage: image('gcr.io/cloud-builders/mvn'),
  gradleImage: image('gcr.io/cloud-builders/gradle'),
  packImage: image('gcr.io/k8s-skaffold/pack'),
  koImage: image('gcr.io/k8s-skaffold/skaffold'),
  workerPool: text,
  region: text,
  platformEmulatorInstallStep: v.optional(
    v.object({ image: text, args: v.exactOptional(v.array(v.string())), entrypoint: text }),
    { image: 'docker/binfmt:a7996909642ee92942dcd6cff44b9b95f08dad64' },
  ),
  serviceAccount: text,
})

/** The settings of the configuration that an artifact stands in. */
export function settingsOf({ googleCloudBuild }: Pick<Artifact, 'googleCloudBuild'>): CloudBuildSettings {
  return v.parse(settingsSchema, googleCloudBuild ?? {})
}

/** Where a build runs and where its sources go. */
export interface CloudBuildPlace {
  readonly project: string
  /** `projects/P/locations/L`; undefined: no region. */
  readonly location?: string
  readonly bucket: string
  /** The bucket has a name that anybody could have taken first. */
  readonly isDefaultBucket: boolean
}

/**
 * The project is the one that is set, else the one of the image's registry.
 * @throws GOOGLE_PROJECT_UNKNOWN
 */
export function placeOf(settings: CloudBuildSettings, reference: Reference): CloudBuildPlace {
  const { projectId = '' } = settings
  const project = projectId === '' ? guessProject(reference) : projectId
  const location = locationOf(settings, project)
  const bucket = settings.bucket ?? ''
  return {
    project,
    ...(location === undefined ? {} : { location }),
    bucket: bucket === '' ? `${project.replaceAll(/[.:]/g, '_')}_cloudbuild` : bucket,
    isDefaultBucket: bucket === '',
  }
}

function locationOf({ workerPool, region }: CloudBuildSettings, project: string): string | undefined {
  if (workerPool !== undefined && workerPool !== '') return workerPool.split('/workerPools/')[0]
  return region === undefined || region === '' ? undefined : `projects/${project}/locations/${region}`
}

function guessProject({ registry, repository }: Reference): string {
  const [first = '', second = ''] = repository.split('/')
  const isGoogle = registry === 'gcr.io' || registry.endsWith('.gcr.io') || registry.endsWith('-docker.pkg.dev')
  // projects of a domain: gcr.io/example.com/project
  if (isGoogle && first !== '') return first.includes('.') ? `${first}:${second}` : first
  throw new ToolError(
    'GOOGLE_PROJECT_UNKNOWN',
    `unable to guess GCP projectID from image name [${registry}/${repository}]`,
    { hint: 'set `build.googleCloudBuild.projectId`, or push to a registry of a project with --default-repo' },
  )
}

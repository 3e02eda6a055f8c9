import { ToolError } from '../../errors/index.ts'
import { isMapping, resourceName, type ResourceObject } from '../../resource/index.ts'

/** Where objects of Cloud Run live. */
export interface RunPlace {
  /** Absent: the object's namespace. */
  readonly project?: string
  readonly region: string
}

/** An object that was given to Cloud Run. */
export interface RunObject {
  readonly kind: RunKind
  readonly name: string
  readonly project: string
  readonly region: string
}

/** What Cloud Run knows. */
export type RunKind = 'Job' | 'Service' | 'WorkerPool'

const kinds: readonly { readonly apiVersion: string; readonly kind: RunKind }[] = [
  { apiVersion: 'serving.knative.dev/v1', kind: 'Service' },
  { apiVersion: 'run.googleapis.com/v1', kind: 'Job' },
  { apiVersion: 'run.googleapis.com/v1', kind: 'WorkerPool' },
]

/**
 * Which object of Cloud Run a manifest is.
 * @throws RESOURCE_INVALID for a kind that it does not know, GOOGLE_PROJECT_UNKNOWN
 */
export function runObjectOf(object: ResourceObject, { project, region }: RunPlace): RunObject {
  const found = kinds.find(({ apiVersion, kind }) => apiVersion === object.apiVersion && kind === object.kind)
  if (found === undefined) {
    throw new ToolError(
      'RESOURCE_INVALID',
      `unsupported Kind for Cloud Run Deployer: ${object.apiVersion}/${object.kind} (${resourceName(object)})`,
      {
        hint: 'deploy it with another configuration: Cloud Run takes Service (serving.knative.dev/v1), Job and WorkerPool (run.googleapis.com/v1)',
      },
    )
  }
  const where = project ?? object.metadata.namespace ?? ''
  if (where !== '') return { kind: found.kind, name: object.metadata.name, project: where, region }
  throw new ToolError('GOOGLE_PROJECT_UNKNOWN', `no Google Cloud project is named for ${resourceName(object)}`, {
    hint: 'set `deploy.cloudrun.projectid`, or pass --cloud-run-project',
  })
}

/** Short, as it is told: `service/web`. */
export function runName({ kind, name }: RunObject): string {
  return `${kind.toLowerCase()}/${name}`
}

const runIdLabel = 'skaffold.dev/run-id'

/** As it is sent: in its project, and without domains in labels, which Google does not take. */
export function forCloudRun(object: ResourceObject, { project }: RunObject): ResourceObject {
  const { metadata, ...rest } = object
  const changed = withoutDomains(rest)
  const own = withoutDomains({ metadata: { ...metadata, namespace: project } })
  return { ...object, ...(isMapping(changed) ? changed : {}), ...(isMapping(own) ? own : {}) }
}

/** In every map of labels the id of the run is `run-id`; annotations may have domains. */
function withoutDomains(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDomains)
  if (!isMapping(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      key === 'labels' ? plainLabels(member) : withoutDomains(member),
    ]),
  )
}

function plainLabels(labels: unknown): unknown {
  if (!isMapping(labels) || !(runIdLabel in labels)) return labels
  const { [runIdLabel]: runId, ...others } = labels
  return { ...others, 'run-id': runId }
}

import * as v from 'valibot'
import { ToolError } from '../../../errors/index.ts'
import type { Google } from '../../../google/index.ts'
import type { BuildSpec } from './build-spec.ts'
import type { CloudBuildPlace } from './settings.ts'

/** A build as Cloud Build tells it. */
export interface RemoteBuild {
  readonly id: string
  readonly status: string
  readonly statusDetail?: string
  /** Where to look at it. */
  readonly logUrl?: string
  readonly failureInfo?: { readonly type?: string; readonly detail?: string }
  readonly steps: readonly { readonly name: string; readonly status?: string }[]
  /** What was pushed: digests of images. */
  readonly digests: readonly string[]
}

/** Builds of one project and place. @see https://cloud.google.com/build/docs/api/reference/rest/v1/projects.builds */
export interface BuildApi {
  /** Not to be sent twice: it starts a build each time. */
  create(spec: BuildSpec): Promise<RemoteBuild>
  get(id: string, signal?: AbortSignal): Promise<RemoteBuild>
  cancel(id: string): Promise<void>
}

const text = v.exactOptional(v.string())
const buildSchema = v.object({
  id: v.string(),
  status: v.optional(v.string(), 'STATUS_UNKNOWN'),
  statusDetail: text,
  logUrl: text,
  failureInfo: v.exactOptional(v.object({ type: text, detail: text })),
  steps: v.optional(v.array(v.object({ name: v.string(), status: text })), []),
  results: v.exactOptional(v.object({ images: v.optional(v.array(v.object({ name: text, digest: v.string() })), []) })),
})
const operationSchema = v.object({ metadata: v.object({ build: buildSchema }) })

/** The API of builds in a place. */
export function openBuilds(google: Google, { project, location }: CloudBuildPlace): BuildApi {
  const parent = location ?? `projects/${project}`
  const url = `${google.endpoints.cloudBuild}/v1/${parent}/builds`
  return {
    async create(spec) {
      const task = `starting a build in ${parent}`
      const answer = await google.call({ method: 'POST', url, json: spec, task })
      const parsed = v.safeParse(operationSchema, answer)
      if (parsed.success) return remoteBuild(parsed.output.metadata.build)
      throw new ToolError('GOOGLE_ANSWER_INVALID', `${task} failed: the answer names no build`)
    },
    async get(id, signal) {
      const task = `asking for the build ${id}`
      const asked = signal === undefined ? {} : { signal }
      const parsed = v.safeParse(buildSchema, await google.call({ method: 'GET', url: `${url}/${id}`, task, ...asked }))
      if (parsed.success) return remoteBuild(parsed.output)
      throw new ToolError('GOOGLE_ANSWER_INVALID', `${task} failed: the answer is no build`)
    },
    async cancel(id) {
      const task = `cancelling the build ${id}`
      await google.call({ method: 'POST', url: `${url}/${id}:cancel`, json: {}, task, isRepeatable: true })
    },
  }
}

function remoteBuild({ results, ...build }: v.InferOutput<typeof buildSchema>): RemoteBuild {
  return { ...build, digests: results?.images.map(({ digest }) => digest) ?? [] }
}

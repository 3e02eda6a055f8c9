import { randomUUID } from 'node:crypto'
import { decompress, readTar } from '../../src/layer/index.ts'
import { refused, type GoogleAnswer, type GoogleApi, type GoogleRequest } from './google-wire.ts'
import type { StorageApi } from './google-storage.ts'

/** A build as it was asked for. */
export interface AskedBuild {
  readonly id: string
  readonly parent: string
  readonly steps: readonly AskedStep[]
  readonly images?: readonly string[]
  readonly options: Readonly<Record<string, unknown>>
  readonly timeout?: string
  readonly serviceAccount?: string
  readonly logsBucket: string
  readonly source: { readonly storageSource: { readonly bucket: string; readonly object: string } }
  /** What the archive holds, by path; folders end with a slash, links are `-> target`. */
  readonly files: ReadonlyMap<string, string>
}

export interface AskedStep {
  readonly name: string
  readonly entrypoint?: string
  readonly args?: readonly string[]
  readonly env?: readonly string[]
}

/** How a build ends. */
export interface BuildEnd {
  readonly status: string
  /** Parts of the log, one for each time that somebody asks for the build. */
  readonly log?: readonly string[]
  /** Digests of the images that were pushed. */
  readonly digests?: readonly string[]
  readonly failureInfo?: { readonly type?: string; readonly detail?: string }
  readonly failedStep?: number
}

/** Carries a build out. */
export type BuildExecutor = (build: AskedBuild) => BuildEnd | Promise<BuildEnd>

/** Plays Cloud Build. */
export interface BuildApi {
  readonly handle: GoogleApi
  readonly asked: AskedBuild[]
  readonly cancelled: string[]
  /** Repositories by their full name. */
  readonly repositories: Map<string, { readonly remoteUri: string; readonly token: string }>
  execute: BuildExecutor
}

interface Running {
  readonly build: AskedBuild
  readonly end: Promise<BuildEnd>
  status: string
  logged: number
}

export function createBuildApi(storage: StorageApi, execute: BuildExecutor = () => ({ status: 'SUCCESS' })): BuildApi {
  const running = new Map<string, Running>()
  const api: BuildApi = {
    asked: [],
    cancelled: [],
    repositories: new Map(),
    execute,
    async handle(request) {
      const repository = /^\/v2\/(projects\/.+?)(:accessReadToken)?$/.exec(request.url.pathname)
      if (repository !== null) return ofRepository(request, api.repositories.get(repository[1] ?? ''), repository[2])
      const match = /^\/v1\/(projects\/[^/]+(?:\/locations\/[^/]+)?)\/builds(?:\/([^/:]+))?(:cancel)?$/.exec(
        decodeURIComponent(request.url.pathname),
      )
      if (match === null) return undefined
      const [, parent = '', id, verb] = match
      if (id === undefined) return request.method === 'POST' ? create(request, parent) : undefined
      const one = running.get(id)
      if (one === undefined || one.build.parent !== parent) {
        return refused(404, 'NOT_FOUND', `Requested entity was not found.`)
      }
      if (verb === undefined) return get(one)
      api.cancelled.push(id)
      one.status = 'CANCELLED'
      return { json: { id, status: 'CANCELLED' } }
    },
  }
  const create = async (request: GoogleRequest, parent: string): Promise<GoogleAnswer> => {
    const body = request.json() as Omit<AskedBuild, 'files' | 'id' | 'parent'>
    const wrong = mistakeIn(body, storage)
    if (wrong !== undefined) return refused(400, 'INVALID_ARGUMENT', wrong)
    const { bucket, object } = body.source.storageSource
    const id = randomUUID()
    const files = await filesIn(storage.buckets.get(bucket)?.objects.get(object) ?? Buffer.alloc(0))
    const build = { ...body, id, parent, files }
    api.asked.push(build)
    const end = Promise.resolve(api.execute(build))
    end.catch(() => {})
    running.set(id, { build, end, status: 'QUEUED', logged: 0 })
    const name = `operations/build/${parent}/${id}`
    return {
      json: {
        name,
        metadata: {
          '@type': 'BuildOperationMetadata',
          build: { id, status: 'QUEUED', logUrl: `https://console/${id}` },
        },
      },
    }
  }
  const get = async (one: Running): Promise<GoogleAnswer> => {
    const { build, end } = one
    const about = { id: build.id, logUrl: `https://console/${build.id}` }
    if (one.status === 'CANCELLED') return { json: { ...about, status: 'CANCELLED' } }
    const { status, log = [], digests = [], failureInfo, failedStep } = await end
    const objects = storage.buckets.get(build.logsBucket)?.objects
    const name = `log-${build.id}.txt`
    const part = log[one.logged]
    if (part !== undefined) {
      objects?.set(name, Buffer.concat([objects.get(name) ?? Buffer.alloc(0), Buffer.from(part, 'latin1')]))
    }
    one.logged += 1
    one.status = one.logged < log.length ? 'WORKING' : status
    const images = digests.map((digest, index) => ({ name: build.images?.[index] ?? '', digest }))
    return {
      json: {
        ...about,
        status: one.status,
        steps: build.steps.map((step, index) => ({ ...step, status: index === failedStep ? 'FAILURE' : 'SUCCESS' })),
        ...(failureInfo === undefined || one.status === 'WORKING' ? {} : { failureInfo }),
        ...(one.status === 'SUCCESS' ? { results: { images } } : {}),
      },
    }
  }
  return api
}

const members = ['images', 'logsBucket', 'options', 'serviceAccount', 'source', 'steps', 'timeout']
const optionMembers = ['diskSizeGb', 'logStreamingOption', 'logging', 'machineType', 'pool']

/** What the API would refuse. */
function mistakeIn(build: Omit<AskedBuild, 'files' | 'id' | 'parent'>, storage: StorageApi): string | undefined {
  return mistakeInForm(build) ?? mistakeInSource(build, storage) ?? mistakeInSteps(build)
}

function mistakeInForm(build: Omit<AskedBuild, 'files' | 'id' | 'parent'>): string | undefined {
  const unknown = [
    ...Object.keys(build).filter((key) => !members.includes(key)),
    ...Object.keys(build.options).filter((key) => !optionMembers.includes(key)),
  ]
  if (unknown.length > 0) return `Invalid JSON payload received. Unknown name "${unknown.join()}"`
  const { timeout = '1s' } = build
  if (!/^\d+(?:\.\d+)?s$/.test(timeout)) return `Illegal duration format ${timeout}`
  const { diskSizeGb = '0' } = build.options
  return typeof diskSizeGb === 'string' ? undefined : 'diskSizeGb is an int64'
}

function mistakeInSource({ source }: Pick<AskedBuild, 'source'>, storage: StorageApi): string | undefined {
  const { bucket, object } = source.storageSource
  return storage.buckets.get(bucket)?.objects.has(object) === true
    ? undefined
    : `source gs://${bucket}/${object} not found`
}

/** @see https://cloud.google.com/build/docs/configuring-builds/substitute-variable-values */
function mistakeInSteps({ steps }: Pick<AskedBuild, 'steps'>): string | undefined {
  if (steps.length === 0) return 'build has no steps'
  const texts = steps.flatMap(({ args = [], env = [] }) => [...args, ...env])
  const keys = texts.map((text) => /\$\{?([A-Z_][A-Z0-9_]*)/.exec(text.replaceAll('$$', ''))?.[1])
  const wrong = keys.find((key) => key !== undefined)
  return wrong === undefined ? undefined : `key in the template "${wrong}" is not a valid built-in substitution`
}

async function filesIn(archive: Buffer): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>()
  async function* source(): AsyncGenerator<Uint8Array> {
    yield archive
  }
  for await (const entry of readTar(decompress(source()))) {
    const chunks: Uint8Array[] = []
    for await (const chunk of entry.body) chunks.push(chunk)
    if (entry.kind === 'directory') files.set(`${entry.path}/`, '')
    else {
      files.set(
        entry.path,
        entry.kind === 'symlink' ? `-> ${entry.linkTarget ?? ''}` : Buffer.concat(chunks).toString(),
      )
    }
  }
  return files
}

function ofRepository(
  { method }: GoogleRequest,
  found: { readonly remoteUri: string; readonly token: string } | undefined,
  verb: string | undefined,
): GoogleAnswer {
  if (found === undefined) return refused(404, 'NOT_FOUND', 'Resource not found')
  if (verb === undefined) return { json: { remoteUri: found.remoteUri } }
  return method === 'POST'
    ? { json: { token: found.token, expirationTime: '2100-01-01T00:00:00Z' } }
    : refused(405, '', 'POST')
}

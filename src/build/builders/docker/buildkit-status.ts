import * as v from 'valibot'

/** What changed since the last of its kind. Times are seconds since the epoch, sizes bytes. */
export interface BuildkitStatus {
  readonly vertexes: readonly Vertex[]
  readonly statuses: readonly VertexStatus[]
  readonly logs: readonly VertexLog[]
  readonly warnings: readonly { readonly vertex: string; readonly short: string }[]
}

/** A step of a build as it is now. */
export interface Vertex {
  readonly digest: string
  readonly name: string
  readonly started?: number | undefined
  readonly completed?: number | undefined
  readonly cached: boolean
  /** Empty: there is none. */
  readonly error: string
}

/** A part of a step that takes a while: a layer that comes, the context that goes. */
export interface VertexStatus {
  readonly id: string
  readonly vertex: string
  readonly current: number
  /** 0: nobody knows. */
  readonly total: number
  readonly timestamp?: number | undefined
  readonly started?: number | undefined
  readonly completed?: number | undefined
}

/** What the program of a step prints. */
export interface VertexLog {
  readonly vertex: string
  readonly data: Uint8Array
  readonly timestamp?: number | undefined
}

const seconds = v.pipe(
  v.string(),
  v.transform((text) => Date.parse(text) / 1000),
  v.finite(),
)

const bytes = v.pipe(
  v.string(),
  v.base64(),
  v.transform((encoded) => Buffer.from(encoded, 'base64')),
)

const vertex = v.object({
  digest: v.string(),
  name: v.optional(v.string(), ''),
  started: v.optional(seconds),
  completed: v.optional(seconds),
  cached: v.optional(v.boolean(), false),
  error: v.optional(v.string(), ''),
})

const status = v.object({
  id: v.string(),
  vertex: v.string(),
  current: v.optional(v.number(), 0),
  total: v.optional(v.number(), 0),
  timestamp: v.optional(seconds),
  started: v.optional(seconds),
  completed: v.optional(seconds),
})

const log = v.object({ vertex: v.string(), data: bytes, timestamp: v.optional(seconds) })

const warning = v.object({
  vertex: v.optional(v.string(), ''),
  short: v.pipe(
    bytes,
    v.transform((text) => text.toString('utf8')),
  ),
})

/** @see https://github.com/moby/buildkit/blob/master/client/graph.go */
const buildkitStatus = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    vertexes: v.optional(v.array(vertex), []),
    statuses: v.optional(v.array(status), []),
    logs: v.optional(v.array(log), []),
    warnings: v.optional(v.array(warning), []),
  }),
)

/** Reads one document of `--progress=rawjson`; undefined when it is none. */
export function parseStatus(document: string): BuildkitStatus | undefined {
  const parsed = v.safeParse(buildkitStatus, document)
  return parsed.success ? parsed.output : undefined
}

import * as v from 'valibot'

/** What the API server says about a request that it refused. */
export interface Status {
  readonly message: string
  readonly reason: string
  readonly code: number | undefined
  /** Plural name of the resource. */
  readonly resource: string
  readonly name: string
  /** What it asks to wait before the next try. */
  readonly retryAfterMs: number | undefined
  readonly causes: readonly { readonly reason: string; readonly message: string; readonly field: string }[]
}

const text = v.nullish(v.string(), '')

/** @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
const statusSchema = v.pipe(
  v.looseObject({
    kind: v.literal('Status'),
    message: text,
    reason: text,
    code: v.nullish(v.number()),
    details: v.nullish(
      v.looseObject({
        name: text,
        kind: text,
        retryAfterSeconds: v.nullish(v.number()),
        causes: v.nullish(v.array(v.looseObject({ reason: text, message: text, field: text }))),
      }),
    ),
  }),
  v.transform(({ message, reason, code, details }): Status => ({
    message,
    reason,
    code: code ?? undefined,
    resource: details?.kind ?? '',
    name: details?.name ?? '',
    retryAfterMs: secondsToMs(details?.retryAfterSeconds),
    causes: details?.causes ?? [],
  })),
)

function secondsToMs(seconds: number | null | undefined): number | undefined {
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : undefined
}

/** Undefined for anything else, such as the page of a proxy. */
export function parseStatus(json: string): Status | undefined {
  try {
    const outcome = v.safeParse(statusSchema, JSON.parse(json))
    return outcome.success ? outcome.output : undefined
  } catch {
    return undefined
  }
}

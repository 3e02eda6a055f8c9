import type { LogQuery, LogRefusal } from '../contract.ts'
import { member, text } from './catalog.ts'
import { containerOf } from './container-of.ts'
import { nameOf } from './metadata.ts'
import { findObject } from './read.ts'
import { queryFlag, queryInteger, type Answer, type ApiContext, type ApiRequest } from './request.ts'
import type { Route } from './route.ts'
import { badRequest, forbiddenField, invalidValue, refuseIf, serverError, type FieldProblem } from './status.ts'

const contentType = 'text/plain'

/** `GET …/pods/p/log`. Throws 400, 404 or 422 as a real API server does. */
export function readLog(context: ApiContext, request: ApiRequest, route: Route): Answer {
  const pod = findObject(context, route)
  const query = readQuery(request.query, nameOf(pod))
  const container = containerOf(pod, request.query.get('container') ?? '')
  if (text(member(pod, 'spec')['nodeName']) === '') return { form: 'text', status: 204, text: '' }
  const aborter = new AbortController()
  const log = context.runtime.readLogs(pod, container, { ...query, signal: aborter.signal })
  if ('refused' in log) return refuse(log, nameOf(pod), container)
  const limit = queryInteger(request.query, 'limitBytes')
  return {
    form: 'stream',
    contentType,
    run: async (write, signal) => {
      const abort = (): void => aborter.abort()
      if (signal.aborted) abort()
      signal.addEventListener('abort', abort, { once: true })
      await pour(log, { write, signal, limit: limit ?? Number.POSITIVE_INFINITY })
      abort()
    },
  }
}

async function pour(
  log: AsyncIterable<string>,
  { write, signal, limit }: { write: (text: string) => void; signal: AbortSignal; limit: number },
): Promise<void> {
  let left = limit
  for await (const piece of log) {
    if (signal.aborted) return
    const bytes = Buffer.from(piece)
    write(bytes.length > left ? bytes.subarray(0, left).toString() : piece)
    left -= bytes.length
    if (left <= 0) return
  }
}

function readQuery(query: URLSearchParams, pod: string): Omit<LogQuery, 'signal'> {
  const tailLines = queryInteger(query, 'tailLines')
  const sinceSeconds = queryInteger(query, 'sinceSeconds')
  const sinceTime = query.get('sinceTime')
  const problems: FieldProblem[] = []
  if (tailLines !== undefined && tailLines < 0) {
    problems.push(invalidValue('tailLines', tailLines, 'must be greater than or equal to 0'))
  }
  if (sinceSeconds !== undefined && sinceSeconds < 1) {
    problems.push(invalidValue('sinceSeconds', sinceSeconds, 'must be greater than 0'))
  }
  if (query.has('stream')) problems.push(forbiddenField('stream', 'may not be specified'))
  refuseIf({ group: '', kind: 'PodLogOptions' }, pod, problems)
  return {
    follow: queryFlag(query, 'follow'),
    previous: queryFlag(query, 'previous'),
    timestamps: queryFlag(query, 'timestamps'),
    ...(tailLines !== undefined && { tailLines }),
    ...(sinceSeconds !== undefined && { sinceSeconds }),
    ...(sinceTime !== null && { sinceTime: new Date(sinceTime) }),
  }
}

/** Waiting reasons that the kubelet words otherwise in its refusal. */
const waitingTexts: Readonly<Record<string, string>> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: 'trying and failing to pull image',
}

function refuse(refusal: LogRefusal, pod: string, container: string): never {
  switch (refusal.refused) {
    case 'no-previous-run':
      throw badRequest(`previous terminated container "${container}" in pod "${pod}" not found`)
    case 'waiting':
      throw badRequest(
        `container "${container}" in pod "${pod}" is waiting to start: ${waitingTexts[refusal.reason] ?? refusal.reason}`,
      )
    case 'unavailable':
      throw serverError(refusal.message)
  }
}

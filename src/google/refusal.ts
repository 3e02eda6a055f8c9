import * as v from 'valibot'
import { ToolError, type ErrorCode } from '../errors/index.ts'
import { readText, type HttpResponse } from '../http/index.ts'
import type { GoogleCall, GoogleRefusal } from './contract.ts'
import { loginHint } from './credentials/token-answer.ts'

/** @see https://google.aip.dev/193 */
const errorSchema = v.object({
  error: v.object({
    message: v.optional(v.string(), ''),
    status: v.optional(v.string(), ''),
    errors: v.optional(v.array(v.object({ reason: v.optional(v.string(), '') })), []),
  }),
})

/** The error that a refused call becomes; its body is read. */
export async function refusalOf(response: HttpResponse, { task }: Pick<GoogleCall, 'task'>): Promise<ToolError> {
  const { status } = response
  const text = await readText(response, { maxBytes: 1024 * 1024 }).catch(() => '')
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), errorSchema), text)
  const error = parsed.success ? parsed.output.error : { message: plain(text), status: '', errors: [] }
  const reason = error.status === '' ? (error.errors[0]?.reason ?? '') : error.status
  const message = error.message === '' ? `the server answered with ${status}` : error.message
  const { code, hint } = kindOf(status, message)
  return new ToolError(code, `${task} failed: ${message}`, {
    hint,
    cause: { status, reason, message } satisfies GoogleRefusal,
  })
}

/** What Google said, when an error came of a refusal. */
export function refusalIn(error: unknown): GoogleRefusal | undefined {
  if (!(error instanceof ToolError) || !error.code.startsWith('GOOGLE_')) return undefined
  const parsed = v.safeParse(refusalSchema, error.cause)
  return parsed.success ? parsed.output : undefined
}

const refusalSchema = v.object({ status: v.number(), reason: v.string(), message: v.string() })

/** Pages of proxies and load balancers are long. */
function plain(text: string): string {
  const line = text.trim().split('\n')[0] ?? ''
  return line.startsWith('<') ? '' : line.slice(0, 200)
}

interface Kind {
  readonly code: ErrorCode
  readonly hint: string
}

function kindOf(status: number, message: string): Kind {
  if (status === 401) return { code: 'GOOGLE_UNAUTHENTICATED', hint: loginHint }
  if (status === 403) return { code: 'GOOGLE_FORBIDDEN', hint: forbiddenHint(message) }
  if (status === 404) return { code: 'GOOGLE_NOT_FOUND', hint: 'check the name, the project and the region' }
  if (status === 429) return { code: 'GOOGLE_FAILED', hint: 'try again later, or ask for a higher quota' }
  if (status >= 500) return { code: 'GOOGLE_FAILED', hint: 'try again; https://status.cloud.google.com shows outages' }
  return { code: 'GOOGLE_FAILED', hint: 'correct what the message names' }
}

/** Google says which permission, and for an API that is turned off where to turn it on. */
function forbiddenHint(message: string): string {
  if (/has not been used|is disabled|SERVICE_DISABLED/.test(message)) {
    return 'turn the API on with "gcloud services enable NAME.googleapis.com"'
  }
  return 'give the account a role with the permission that is named, or log in with another account'
}

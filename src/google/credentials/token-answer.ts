import * as v from 'valibot'
import { ToolError } from '../../errors/index.ts'
import { readText, type HttpClient, type HttpRequest } from '../../http/index.ts'
import type { AccessToken } from '../contract.ts'

/** How the user logs in again. */
export const loginHint = 'log in with "gcloud auth application-default login"'

/** What asking for a token needs. */
export interface TokenOutside {
  readonly http: HttpClient
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** A request for a token. */
export interface TokenRequest extends Pick<HttpRequest, 'method' | 'url'> {
  readonly headers?: Readonly<Record<string, string>>
  readonly form?: Readonly<Record<string, string>>
  readonly json?: unknown
  /** Whose credentials they are, for errors. */
  readonly from: string
  readonly signal?: AbortSignal
}

/** @see https://www.rfc-editor.org/rfc/rfc6749#section-5.1 */
const tokenSchema = v.object({ access_token: v.string(), expires_in: v.optional(v.number(), 3600) })

/** An answer of OAuth's. @throws GOOGLE_CREDENTIALS_INVALID */
export async function askForToken(request: TokenRequest, { http, now }: TokenOutside): Promise<AccessToken> {
  const answer = await askFor(request, http)
  const parsed = v.safeParse(tokenSchema, answer)
  if (!parsed.success) throw refused(request, 'the answer has no access_token')
  return { value: parsed.output.access_token, expiresAt: now() + parsed.output.expires_in * 1000 }
}

/** The JSON that a token server answers with. Its own texts never hold tokens. @throws GOOGLE_CREDENTIALS_INVALID */
export async function askFor(request: TokenRequest, http: HttpClient): Promise<unknown> {
  const { method, url, signal } = request
  const response = await http.request({
    method,
    url,
    headers: { ...contentType(request), ...request.headers },
    ...bodyOf(request),
    isRepeatable: true,
    ...(signal === undefined ? {} : { signal }),
  })
  const text = await readText(response, { maxBytes: 1024 * 1024 })
  const answer = parseJson(text)
  if (response.status === 200 && answer !== undefined) return answer
  throw refused(request, response.status === 200 ? 'the answer is not JSON' : reasonOf(answer, response.status))
}

function contentType({ form, json }: TokenRequest): Readonly<Record<string, string>> {
  if (form !== undefined) return { 'content-type': 'application/x-www-form-urlencoded' }
  return json === undefined ? {} : { 'content-type': 'application/json' }
}

function bodyOf({ form, json }: TokenRequest): Pick<HttpRequest, 'body'> {
  if (form !== undefined) return { body: new URLSearchParams(form).toString() }
  return json === undefined ? {} : { body: JSON.stringify(json) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const refusalSchema = v.union([
  v.object({ error: v.string(), error_description: v.optional(v.string()) }),
  v.object({ error: v.object({ message: v.string() }) }),
])

function reasonOf(answer: unknown, status: number): string {
  const parsed = v.safeParse(refusalSchema, answer)
  if (!parsed.success) return `the server answered with ${status}`
  const { error } = parsed.output
  if (typeof error === 'object') return error.message
  const description = 'error_description' in parsed.output ? parsed.output.error_description : undefined
  return description === undefined ? error : `${error}: ${description}`
}

function refused({ from }: TokenRequest, why: string): ToolError {
  return new ToolError('GOOGLE_CREDENTIALS_INVALID', `Google gives no token for the credentials of ${from}: ${why}`, {
    hint: loginHint,
  })
}

import * as v from 'valibot'
import { isToolError, redact, ToolError, type ErrorCode } from '../errors/index.ts'
import { readText, type HttpResponse } from '../http/index.ts'

/** What was asked for. */
export interface Subject {
  readonly registry: string
  /** In words for an error, with the registry: `registry.example.com/team/app:1`. */
  readonly what: string
  /** The code of a 404. */
  readonly missing: 'MANIFEST_UNKNOWN' | 'BLOB_UNKNOWN'
  readonly isPush: boolean
}

/** The error that an answer means, its body read for what the registry says. */
export async function answerError(response: HttpResponse, subject: Subject): Promise<ToolError> {
  const said = await saidBy(response)
  const { code, hint, why } = judge(response, subject, said)
  const detail = said.isTold ? said.text : [`status ${response.status}`, said.text].filter(Boolean).join(': ')
  return new ToolError(code, `${subject.what}: ${why}${redact(detail)}`, { hint })
}

/** Failures of connections, told as a registry's; all others are given back as they are. */
export function connectionError(error: unknown, registry: string): unknown {
  if (!(error instanceof ToolError)) return error
  const known = connectionErrors[error.code]
  if (known === undefined) return error
  const [code, hint] = known
  return new ToolError(code, `registry ${registry}: ${error.message}`, { hint: hint(registry), cause: error })
}

const connectionErrors: Readonly<Partial<Record<ErrorCode, readonly [ErrorCode, (registry: string) => string]>>> = {
  HTTP_UNREACHABLE: [
    'REGISTRY_UNREACHABLE',
    (registry) => `check that ${registry} is right and runs; behind a proxy set HTTPS_PROXY and NO_PROXY`,
  ],
  HTTP_CERTIFICATE: [
    'REGISTRY_CERTIFICATE',
    (registry) =>
      `add its authority with NODE_EXTRA_CA_CERTS; for a registry without TLS --insecure-registry=${registry}, or --plain-http for all`,
  ],
  HTTP_INTERRUPTED: ['REGISTRY_FAILED', () => 'try again; what was pushed so far is kept'],
  HTTP_ANSWER_INVALID: ['REGISTRY_ANSWER_INVALID', (registry) => `check that ${registry} is a registry`],
  HTTP_TOO_LARGE: ['REGISTRY_ANSWER_INVALID', (registry) => `check that ${registry} is a registry`],
}

interface Said {
  readonly codes: readonly string[]
  /** Whether it is a registry's own words and not just any text. */
  readonly isTold: boolean
  readonly text: string
}

interface Judgement {
  readonly code: ErrorCode
  readonly hint: string
  readonly why: string
}

function judge(response: HttpResponse, subject: Subject, said: Said): Judgement {
  const login = `run: catamaran login${subject.registry === 'docker.io' ? '' : ` ${subject.registry}`}`
  switch (response.status) {
    case 401:
      return {
        code: 'REGISTRY_UNAUTHORIZED',
        hint: `check the name; when it is private, ${login}`,
        why: 'access refused: ',
      }
    case 403:
      return {
        code: 'REGISTRY_DENIED',
        hint: subject.isPush ? `ask for the right to push there, or ${login} with another account` : login,
        why: 'not allowed: ',
      }
    case 404:
      return missing(subject, said)
    case 429:
      return { code: 'REGISTRY_RATE_LIMITED', hint: laterHint(response), why: 'too many requests: ' }
    case 413:
      return { code: 'REGISTRY_FAILED', hint: 'raise the size limit of the proxy before it', why: 'too large: ' }
    default:
      return { code: 'REGISTRY_FAILED', hint: hintFor(response.status, subject), why: '' }
  }
}

function missing(subject: Subject, said: Said): Judgement {
  if (subject.isPush || said.codes.includes('NAME_UNKNOWN')) {
    const hint = subject.isPush ? 'create the repository in the registry first' : 'check the name of the repository'
    return { code: subject.isPush ? 'REGISTRY_FAILED' : subject.missing, hint, why: 'no such repository: ' }
  }
  return { code: subject.missing, hint: 'check the name, the tag and the digest', why: 'not found: ' }
}

function laterHint(response: HttpResponse): string {
  const after = response.headers['retry-after']
  return after === undefined ? 'try again later, or log in for a higher limit' : `try again after ${after} s`
}

function hintFor(status: number, subject: Subject): string {
  if (status === 507) return `make room in ${subject.registry}`
  if (status >= 500) return `try again; when it stays, look at the log of ${subject.registry}`
  return `check whether ${subject.registry} takes such content`
}

/** @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes */
const errorsSchema = v.looseObject({
  errors: v.array(v.looseObject({ code: v.optional(v.string(), ''), message: v.nullish(v.string()) })),
})

async function saidBy(response: HttpResponse): Promise<Said> {
  const text = await bodyText(response)
  const parsed = v.safeParse(errorsSchema, tryJson(text))
  if (!parsed.success) return { codes: [], isTold: false, text: isProse(text) ? text.trim() : '' }
  const { errors } = parsed.output
  const words = errors.map(({ code, message }) => [code, message ?? ''].filter((part) => part !== '').join(': '))
  return { codes: errors.map(({ code }) => code), isTold: words.some(Boolean), text: words.join('; ') }
}

const maxErrorBytes = 64 * 1024

async function bodyText(response: HttpResponse): Promise<string> {
  try {
    return await readText(response, { maxBytes: maxErrorBytes })
  } catch (error) {
    // the status says enough
    if (isToolError(error)) return ''
    throw error
  }
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isProse(text: string): boolean {
  return text.length < 300 && !text.trimStart().startsWith('<')
}

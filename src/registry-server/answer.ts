import type { IncomingHttpHeaders } from 'node:http'

/** A request, taken off the wire. */
export interface Ask {
  readonly method: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  /** To be read at most once; stopping early leaves the connection usable. */
  readonly body: AsyncIterable<Uint8Array>
  /** Cuts the connection; whoever reads the body fails. */
  hangUp(): void
}

/** What goes back. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>
}

/** @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes */
export type FaultCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'PAGINATION_NUMBER_INVALID'
  | 'SIZE_INVALID'
  | 'UNKNOWN'
  | 'UNSUPPORTED'

/** An error as the specification writes it. */
export function fault(
  status: number,
  code: FaultCode,
  about: { readonly message: string; readonly detail?: unknown; readonly headers?: Readonly<Record<string, string>> },
): Answer {
  const { message, detail } = about
  const error = { code, message, ...(detail === undefined ? {} : { detail }) }
  return json({ status, ...(about.headers === undefined ? {} : { headers: about.headers }) }, { errors: [error] })
}

/** The error for a digest that is none. */
export function digestFault(digest: string): Answer {
  return fault(400, 'DIGEST_INVALID', { message: `"${digest}" is not a sha256 or sha512 digest` })
}

/** A JSON document. */
export function json(head: Pick<Answer, 'status' | 'headers'>, document: object): Answer {
  const body = new TextEncoder().encode(JSON.stringify(document))
  return {
    status: head.status,
    headers: { 'content-type': 'application/json', 'content-length': String(body.length), ...head.headers },
    body,
  }
}

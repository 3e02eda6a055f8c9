import { isToolError, ToolError } from '../errors/index.ts'

/** What went wrong with a connection, as one of our errors; our own and aborts pass through. */
export function connectionFailure(
  error: unknown,
  about: { readonly url: string; readonly signal?: AbortSignal },
): unknown {
  if (isToolError(error)) return error
  if (about.signal?.aborted === true) return about.signal.reason
  if (!(error instanceof Error)) return error
  const code = codeOf(error)
  if (code === undefined && !isSocketFailure(error)) return error
  const why = reasons[code ?? ''] ?? reasonOf(error)
  return new ToolError(kindOf(code ?? ''), `${placeOf(about.url)}: ${why}`, { cause: error })
}

/** Whether a failure only says that the server does not speak TLS. */
export function isNoTls(error: ToolError): boolean {
  return codeOf(error.cause) === 'ERR_SSL_WRONG_VERSION_NUMBER'
}

/** Whether the server ended the connection because of what we showed, or did not show: its answer to a client certificate. */
export function isTlsRefusal(error: ToolError): boolean {
  return /^ERR_SSL_.*_ALERT_/.test(codeOf(error.cause) ?? '')
}

/** Whether the same request may succeed a moment later. */
export function isTransient(error: unknown): boolean {
  if (isToolError(error, 'HTTP_INTERRUPTED')) return true
  return isToolError(error, 'HTTP_UNREACHABLE') && codeOf(error.cause) === 'EAI_AGAIN'
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EAI_AGAIN: 'the name could not be looked up',
  ENOTFOUND: 'there is no such host',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
  UND_ERR_HEADERS_TIMEOUT: 'the server did not answer in time',
  UND_ERR_BODY_TIMEOUT: 'the server stopped in the middle of its answer',
  UND_ERR_SOCKET: 'the server closed the connection',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate comes from an unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate comes from an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate comes from an unknown authority',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the server does not speak TLS',
}

const unreachable: ReadonlySet<string> = new Set([
  'EACCES',
  'EADDRNOTAVAIL',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'ETIMEDOUT',
  'UND_ERR_ABORTED',
  'UND_ERR_CONNECT_TIMEOUT',
])

function kindOf(code: string): 'HTTP_UNREACHABLE' | 'HTTP_CERTIFICATE' | 'HTTP_INTERRUPTED' {
  if (unreachable.has(code)) return 'HTTP_UNREACHABLE'
  return isCertificateCode(code) ? 'HTTP_CERTIFICATE' : 'HTTP_INTERRUPTED'
}

/** OpenSSL's verification codes have no common prefix. */
function isCertificateCode(code: string): boolean {
  return /^(?:ERR_SSL_|ERR_TLS_|CERT_|EPROTO|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|HOSTNAME_|INVALID_CA)/.test(code)
}

function isSocketFailure(error: Error): boolean {
  return error.name === 'AggregateError' || error.name.endsWith('ParserError')
}

function reasonOf(error: Error): string {
  if (error.message !== '') return error.message
  return codeOf(error) ?? error.name
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** Queries may hold signatures and tokens. */
function placeOf(url: string): string {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}

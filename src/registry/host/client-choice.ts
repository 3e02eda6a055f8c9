import { isToolError, ToolError } from '../../errors/index.ts'
import { isNoTls, isTlsRefusal, type HttpResponse, type TlsOptions } from '../../http/index.ts'

/** What a server says to a certificate that it does not know, when it says it in words: nginx' 400, or a plain 403. */
const refusals: readonly number[] = [400, 403, 495, 496]

/**
 * The first client certificate that a host takes. Which it takes is only found out by showing it: a server that wants none
 * takes the first.
 * @param ask - asks something of the host that harms nobody; a connection that breaks is tried again there
 * @throws REGISTRY_CERTIFICATE when it refuses all of them
 * @throws HTTP_INTERRUPTED when the connection broke with one and none of the others was taken: nobody knows which it is
 */
export async function chooseClient(
  host: string,
  candidates: readonly TlsOptions[],
  ask: (tls: TlsOptions) => Promise<HttpResponse>,
): Promise<TlsOptions> {
  let broken: ToolError | undefined
  for (const candidate of candidates) {
    const answer = await show(candidate, ask)
    if (answer === 'taken') return candidate
    if (answer !== 'refused') broken ??= answer
  }
  if (broken !== undefined) throw broken
  throw new ToolError(
    'REGISTRY_CERTIFICATE',
    `registry ${host}: it refuses all ${candidates.length} client certificates`,
    {
      hint: `put one that ${host} knows into hosts.toml or certs.d`,
    },
  )
}

async function show(
  candidate: TlsOptions,
  ask: (tls: TlsOptions) => Promise<HttpResponse>,
): Promise<'taken' | 'refused' | ToolError> {
  try {
    const response = await ask(candidate)
    await response.discard()
    return refusals.includes(response.status) ? 'refused' : 'taken'
  } catch (error) {
    if (error instanceof ToolError && isTlsRefusal(error)) return 'refused'
    // a server may also just hang up on a certificate that it does not know
    if (isToolError(error, 'HTTP_INTERRUPTED')) return error
    // where nobody speaks TLS, nobody looks at certificates
    if (error instanceof ToolError && isNoTls(error)) return 'taken'
    throw error
  }
}

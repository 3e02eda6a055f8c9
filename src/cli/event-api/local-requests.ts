/** Names of this machine that only it can mean. */
const localNames: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Why a request is not answered; undefined when it is. Pages that a browser shows must not control a session: they send
 * an Origin, or, where their name was made to lead to this machine (DNS rebinding), that name as Host.
 */
export function refusalOf(host: string | undefined, origin: string | undefined): string | undefined {
  if (origin !== undefined) return 'requests of web pages are not answered'
  const name = host?.replace(/:\d+$/, '').toLowerCase()
  return name !== undefined && localNames.has(name) ? undefined : 'only requests to localhost or 127.0.0.1 are answered'
}

/** Bytes of a request that are read at most. */
export const maxBodyBytes = 1_048_576

/** All bytes of a request; undefined when they are too many. */
export async function readBody(chunks: AsyncIterable<unknown>): Promise<Buffer | undefined> {
  const found: Buffer[] = []
  let size = 0
  for await (const chunk of chunks) {
    const bytes = chunk as Buffer
    size += bytes.length
    if (size > maxBodyBytes) return undefined
    found.push(bytes)
  }
  return Buffer.concat(found)
}

const headBytes = 4096

/** The first bytes of a program, as many as its header takes; those in front of it are skipped. */
export async function readHead(body: AsyncIterable<Uint8Array>, skip = 0): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    length += chunk.length
    if (length >= skip + headBytes) break
  }
  return Buffer.concat(chunks).subarray(skip, skip + headBytes)
}

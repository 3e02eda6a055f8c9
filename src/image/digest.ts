import { createHash, type Hash } from 'node:crypto'
import { ToolError } from '../errors/index.ts'

/** The algorithms that can be computed here. */
export type DigestAlgorithm = 'sha256' | 'sha512'

/** A digest, taken apart. */
export interface Digest {
  readonly algorithm: DigestAlgorithm
  /** Lower-case hexadecimal. */
  readonly encoded: string
}

/** What content is expected to be. */
export interface ContentClaim {
  readonly digest: string
  /** Bytes; undefined where nobody said. */
  readonly size?: number
}

const hexLengths: Readonly<Record<string, number>> = { sha256: 64, sha512: 128 }

/** `sha256:<hex>` of the bytes. */
export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
}

/** Whether the text is a digest that can be verified here: sha256 or sha512 with all its digits. */
export function isDigest(text: string): boolean {
  const [algorithm = '', encoded = '', ...more] = text.split(':')
  const length = Object.hasOwn(hexLengths, algorithm) ? hexLengths[algorithm] : undefined
  return more.length === 0 && encoded.length === length && /^[0-9a-f]+$/.test(encoded)
}

/**
 * Takes a digest apart.
 * @throws DIGEST_INVALID for anything but a complete sha256 or sha512 digest
 * @see https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests
 */
export function parseDigest(text: string): Digest {
  assertDigest(text)
  const colon = text.indexOf(':')
  return { algorithm: text.slice(0, colon) as DigestAlgorithm, encoded: text.slice(colon + 1) }
}

/** @throws DIGEST_INVALID unless the text is a complete sha256 or sha512 digest. */
export function assertDigest(text: string): void {
  if (isDigest(text)) return
  throw new ToolError('DIGEST_INVALID', `"${text}" is not a sha256 or sha512 digest`)
}

/**
 * Checks size and digest of bytes; `what` names them in the error.
 * @throws DIGEST_MISMATCH, DIGEST_INVALID
 */
export function verifyBytes(bytes: Uint8Array, claim: ContentClaim, what = 'content'): void {
  const { algorithm } = parseDigest(claim.digest)
  checkSize(bytes.length, claim, what)
  checkDigest(digestOf(bytes, algorithm), claim, what)
}

/**
 * Passes bytes on and throws when they turn out not to be what was claimed: as soon as there are too many, else at
 * the end. A reader may trust what it got only after the last chunk.
 * @yields the chunks of `source`
 * @throws DIGEST_MISMATCH, DIGEST_INVALID
 */
export async function* verifyStream(
  source: AsyncIterable<Uint8Array>,
  claim: ContentClaim,
  what = 'content',
): AsyncGenerator<Uint8Array, void, void> {
  const { algorithm } = parseDigest(claim.digest)
  const hash: Hash = createHash(algorithm)
  let seen = 0
  for await (const chunk of source) {
    seen += chunk.length
    if (claim.size !== undefined && seen > claim.size) throw tooLong(claim, what)
    hash.update(chunk)
    yield chunk
  }
  checkSize(seen, claim, what)
  checkDigest(`${algorithm}:${hash.digest('hex')}`, claim, what)
}

function checkSize(seen: number, claim: ContentClaim, what: string): void {
  if (claim.size === undefined || seen === claim.size) return
  if (seen > claim.size) throw tooLong(claim, what)
  throw new ToolError(
    'DIGEST_MISMATCH',
    `${what} ${claim.digest} has ${seen} bytes where its descriptor says ${claim.size}`,
  )
}

function checkDigest(found: string, claim: ContentClaim, what: string): void {
  if (found === claim.digest) return
  throw new ToolError('DIGEST_MISMATCH', `${what} is ${found} and not ${claim.digest} as its descriptor says`)
}

function tooLong(claim: ContentClaim, what: string): ToolError {
  return new ToolError(
    'DIGEST_MISMATCH',
    `${what} ${claim.digest} is longer than the ${claim.size ?? 0} bytes that its descriptor says`,
  )
}

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestOf, isDigest, parseDigest, verifyBytes, verifyStream } from './digest.ts'

const empty = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

test('digests are those of the algorithm', () => {
  expect(digestOf(new Uint8Array())).toBe(empty)
  expect(digestOf(Buffer.from('{}'))).toBe('sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a')
  expect(digestOf(Buffer.from('{}'), 'sha512')).toMatch(/^sha512:27c74670adb75075fad058d5ceaf7b20c4e7786c83bae8a3/)
})

test.each([
  ['sha256:abc', false],
  [empty, true],
  [empty.toUpperCase(), false],
  [`${empty}0`, false],
  [`${empty}:x`, false],
  [`sha512:${'0'.repeat(128)}`, true],
  [`md5:${'0'.repeat(32)}`, false],
  [`constructor:${'0'.repeat(1)}`, false],
  ['', false],
])('%s is a digest: %s', (text, is) => {
  expect(isDigest(text)).toBe(is)
  if (!is) expect(() => parseDigest(text)).toThrow(expect.objectContaining({ code: 'DIGEST_INVALID' }))
})

describe('streams', () => {
  test('every content passes under its own digest, however it is cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 8 }),
        fc.constantFrom('sha256' as const, 'sha512' as const),
        async (chunks, algorithm) => {
          const whole = Buffer.concat(chunks)
          const claim = { digest: digestOf(whole, algorithm), size: whole.length }
          const seen: Uint8Array[] = []
          for await (const chunk of verifyStream(chunked(chunks), claim)) seen.push(chunk)
          expect(Buffer.concat(seen).equals(whole)).toBe(true)
          verifyBytes(whole, claim)
        },
      ),
    )
  })

  test.each([
    ['a changed byte', 'abd', 3],
    ['a missing byte', 'ab', 3],
    ['a byte too many', 'abcd', 3],
    ['a wrong size', 'abc', 2],
  ])('%s is seen', async (_, text, size) => {
    const claim = { digest: digestOf(Buffer.from('abc')), size }
    const error = expect.objectContaining({ code: 'DIGEST_MISMATCH' })
    await expect(drain(verifyStream(chunked([Buffer.from(text)]), claim))).rejects.toThrow(error)
    expect(() => verifyBytes(Buffer.from(text), claim)).toThrow(error)
  })

  test('a body that is too long is stopped at the first chunk over the size', async () => {
    let pulled = 0
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        pulled += 1
        yield new Uint8Array(10)
      }
    }
    await expect(drain(verifyStream(endless(), { digest: empty, size: 25 }))).rejects.toThrow(
      /longer than the 25 bytes/,
    )
    expect(pulled).toBe(3)
  })
})

async function* chunked(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

async function drain(source: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of source);
}

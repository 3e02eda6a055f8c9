import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createDeflate, constants } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { createFrameReader, dataFrame } from './spdy-frames.ts'
import { createHeaderReader, createHeaderWriter, spdyDictionary } from './spdy-headers.ts'
import { createSpdySession, type SpdySession, type SpdyStream } from './spdy.ts'

const sessions: SpdySession[] = []

afterEach(() => {
  for (const session of sessions.splice(0)) session.close()
})

/** Two sessions that talk over a socket; the server's streams go to `onStream`. */
async function pair(onStream: (stream: SpdyStream) => void): Promise<SpdySession> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [connection] = await accepted
  server.close()
  sessions.push(createSpdySession(connection, { role: 'server', onStream }))
  const session = createSpdySession(client, { role: 'client' })
  sessions.push(session)
  return session
}

/** A loop over the stream would close its other half too. */
async function readAll(stream: Duplex): Promise<string> {
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(stream, 'end')
  return Buffer.concat(chunks).toString()
}

describe('headers', () => {
  test('what is written is read, block after block', () => {
    const [write, read] = [createHeaderWriter(), createHeaderReader()]
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z-]{1,12}$/), fc.string()), (headers) => {
        expect(read(write(headers))).toEqual(headers)
      }),
    )
  })

  test('blocks that were compressed with what came before', async () => {
    const deflate = createDeflate({ dictionary: spdyDictionary })
    const read = createHeaderReader()
    for (const headers of [
      { streamtype: 'error', port: '8080' },
      { streamtype: 'data', port: '8080' },
    ]) {
      const plain = createHeaderWriter()(headers).subarray(6 + 5, -5)
      deflate.write(plain)
      await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, resolve))
      expect(read(deflate.read() as Buffer)).toEqual(headers)
    }
  })
})

test('frames are found wherever the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }),
      fc.integer({ min: 1, max: 9 }),
      (all, size) => {
        const bytes = Buffer.concat(all.map((payload, index) => dataFrame(index + 1, payload)))
        const read = createFrameReader()
        const frames = []
        for (let at = 0; at < bytes.length; at += size) frames.push(...read(bytes.subarray(at, at + size)))
        expect(frames.map(({ payload }) => [...payload])).toEqual(all.map((payload) => [...payload]))
      },
    ),
  )
})

describe('a session', () => {
  test('carries streams side by side, and each half ends by itself', async () => {
    const client = await pair(({ headers, duplex }) => {
      void readAll(duplex).then((text) => duplex.end(`${headers['name']}: ${text}`))
    })
    const streams = ['a', 'b'].map((name) => client.open({ name }))
    for (const [index, stream] of streams.entries()) stream.end(`question ${index}`)
    expect(await Promise.all(streams.map(readAll))).toEqual(['a: question 0', 'b: question 1'])
  })

  test('a stream that is broken off here fails there', async () => {
    const seen = new Promise<Error>((resolve) => {
      void pair(({ duplex }) => duplex.once('error', resolve)).then((client) => client.open({}).destroy())
    })
    expect(await seen).toMatchObject({ message: 'the other side broke the stream off' })
  })

  test('who does not read keeps the other side from writing for ever', async () => {
    const client = await pair(({ duplex }) => void duplex.pause())
    const stream = client.open({})
    let writtenBytes = 0
    const chunk = Buffer.alloc(1024 * 1024)
    while (writtenBytes < 256 * chunk.length && stream.write(chunk, () => (writtenBytes += chunk.length))) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(writtenBytes).toBeLessThan(64 * chunk.length)
  })

  test('the end of the connection ends its streams', async () => {
    const client = await pair(() => {})
    const stream = client.open({})
    client.close()
    await client.closed
    expect(stream.destroyed).toBe(true)
  })
})

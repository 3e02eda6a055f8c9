import { Duplex } from 'node:stream'
import { controlFrame, createFrameReader, dataFrame, finFlag, frameKinds, type SpdyFrame } from './spdy-frames.ts'
import { createHeaderReader, createHeaderWriter, type SpdyHeaders } from './spdy-headers.ts'

/** One stream that the other side opened. */
export interface SpdyStream {
  readonly headers: SpdyHeaders
  readonly duplex: Duplex
}

/** A connection that carries streams in both directions, each half of which ends by itself. */
export interface SpdySession {
  /** Opens a stream; what is written before the other side has agreed is sent all the same. */
  open(headers: SpdyHeaders): Duplex
  /** Ends all streams and the connection. */
  close(error?: Error): void
  /** Settles when the connection is gone. */
  readonly closed: Promise<void>
}

/** Who speaks, and what becomes of streams that the other side opens. */
export interface SpdyOptions {
  readonly role: 'client' | 'server'
  readonly onStream?: (stream: SpdyStream) => void
}

interface Session extends SpdyOptions {
  readonly connection: Duplex
  readonly streams: Map<number, SessionStream>
  readonly readHeaders: (block: Uint8Array) => SpdyHeaders
  readonly writeHeaders: (headers: SpdyHeaders) => Buffer
}

/**
 * SPDY/3.1 over a connection that was upgraded, as far as the Kubernetes API uses it: no flow control of its own, pings
 * answered. The slowest stream slows down the others.
 * @see https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/
 */
export function createSpdySession(connection: Duplex, options: SpdyOptions): SpdySession {
  const session: Session = {
    ...options,
    connection,
    streams: new Map(),
    readHeaders: createHeaderReader(),
    writeHeaders: createHeaderWriter(),
  }
  const read = createFrameReader()
  const close = (error?: Error): void => {
    for (const stream of session.streams.values()) stream.destroy(error)
    connection.destroy()
  }
  connection.on('data', (chunk: Buffer) => {
    try {
      for (const frame of read(chunk)) receive(session, frame)
    } catch (error) {
      close(error instanceof Error ? error : new Error(String(error)))
    }
  })
  const closed = new Promise<void>((resolve) => connection.once('close', resolve))
  connection.on('error', close)
  connection.once('close', () => close())
  connection.once('end', () => close())
  let next = options.role === 'client' ? 1 : 2
  return {
    open(headers) {
      const stream = addStream(session, next)
      next += 2
      const block = Buffer.concat([Buffer.alloc(2), session.writeHeaders(headers)])
      connection.write(controlFrame(frameKinds.synStream, [stream.id, 0], { rest: block }))
      return stream
    },
    close,
    closed,
  }
}

function addStream(session: Session, id: number): SessionStream {
  const stream = new SessionStream(session, id)
  session.streams.set(id, stream)
  return stream
}

function receive(session: Session, frame: SpdyFrame): void {
  if (frame.type === 'data') {
    session.streams.get(frame.stream)?.receive(frame.payload, (frame.flags & finFlag) !== 0)
    return
  }
  const { kind, payload, flags } = frame
  if (kind === frameKinds.synStream) accept(session, payload, flags)
  else if (kind === frameKinds.synReply || kind === frameKinds.headers) {
    session.readHeaders(payload.subarray(4))
    if ((flags & finFlag) !== 0) session.streams.get(streamOf(payload))?.receive(Buffer.alloc(0), true)
  } else if (kind === frameKinds.reset) {
    session.streams.get(streamOf(payload))?.destroy(new Error('the other side broke the stream off'))
  } else if (kind === frameKinds.ping) answerPing(session, payload)
}

function streamOf(payload: Buffer): number {
  return payload.readUInt32BE(0) & 0x7fffffff
}

function accept(session: Session, payload: Buffer, flags: number): void {
  const headers = session.readHeaders(payload.subarray(10))
  const stream = addStream(session, streamOf(payload))
  session.connection.write(controlFrame(frameKinds.synReply, [stream.id], { rest: session.writeHeaders({}) }))
  if ((flags & finFlag) !== 0) stream.receive(Buffer.alloc(0), true)
  if (session.onStream === undefined) stream.destroy()
  else session.onStream({ headers, duplex: stream })
}

/** Pings of a client have odd numbers; those with our own are answers. */
function answerPing({ role, connection }: Session, payload: Buffer): void {
  const id = payload.readUInt32BE(0)
  if ((id % 2 === 1) === (role === 'server')) connection.write(controlFrame(frameKinds.ping, [id]))
}

/** One stream of a session. */
class SessionStream extends Duplex {
  readonly id: number
  readonly #session: Session
  #isEnded = { here: false, there: false }

  constructor(session: Session, id: number) {
    super({ allowHalfOpen: true })
    this.id = id
    this.#session = session
    this.on('error', () => {})
  }

  receive(payload: Buffer, isLast: boolean): void {
    if (this.#isEnded.there || this.destroyed) return
    if (payload.length > 0 && !this.push(payload)) this.#session.connection.pause()
    if (!isLast) return
    this.#isEnded = { ...this.#isEnded, there: true }
    this.push(null)
  }

  override _read(): void {
    this.#session.connection.resume()
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    const { connection } = this.#session
    if (connection.writable) connection.write(dataFrame(this.id, chunk), done)
    else done(new Error('the connection is closed'))
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#isEnded = { ...this.#isEnded, here: true }
    const { connection } = this.#session
    if (connection.writable) connection.write(dataFrame(this.id, Buffer.alloc(0), finFlag))
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const { connection, streams } = this.#session
    streams.delete(this.id)
    const isOver = this.#isEnded.here && this.#isEnded.there
    // 5 is CANCEL
    if (!isOver && connection.writable) connection.write(controlFrame(frameKinds.reset, [this.id, 5]))
    connection.resume()
    done(error)
  }
}

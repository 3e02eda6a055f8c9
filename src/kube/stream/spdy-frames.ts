/** One frame of SPDY/3.1 as it is on the wire, header blocks packed. */
export type SpdyFrame =
  | { readonly type: 'data'; readonly stream: number; readonly flags: number; readonly payload: Buffer }
  | { readonly type: 'control'; readonly kind: number; readonly flags: number; readonly payload: Buffer }

/** Kinds of control frames. */
export const frameKinds = { synStream: 1, synReply: 2, reset: 3, ping: 6, goAway: 7, headers: 8 } as const

/** The sender is done with the stream. */
export const finFlag = 1

/** A frame with bytes of a stream. */
export function dataFrame(stream: number, payload: Uint8Array, flags = 0): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(stream)
  head.writeUInt32BE(((flags << 24) | payload.length) >>> 0, 4)
  return Buffer.concat([head, payload])
}

/** A frame about a stream or the connection; `numbers` come before the rest of its payload. */
export function controlFrame(
  kind: number,
  numbers: readonly number[],
  { rest = Buffer.alloc(0), flags = 0 }: { readonly rest?: Uint8Array; readonly flags?: number } = {},
): Buffer {
  const head = Buffer.alloc(8 + numbers.length * 4)
  head.writeUInt32BE((0x80030000 | kind) >>> 0)
  head.writeUInt32BE(((flags << 24) | (numbers.length * 4 + rest.length)) >>> 0, 4)
  numbers.forEach((value, index) => head.writeUInt32BE(value >>> 0, 8 + index * 4))
  return Buffer.concat([head, rest])
}

/** Cuts bytes that come in pieces into frames. */
export function createFrameReader(): (chunk: Uint8Array) => readonly SpdyFrame[] {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk) => {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk])
    const frames: SpdyFrame[] = []
    while (rest.length >= 8) {
      const size = rest.readUInt32BE(4) & 0xffffff
      if (rest.length < 8 + size) break
      frames.push(frameOf(rest.readUInt32BE(0), rest[4] ?? 0, rest.subarray(8, 8 + size)))
      rest = rest.subarray(8 + size)
    }
    return frames
  }
}

function frameOf(first: number, flags: number, payload: Buffer): SpdyFrame {
  return first >= 0x80000000
    ? { type: 'control', kind: first & 0xffff, flags, payload }
    : { type: 'data', stream: first, flags, payload }
}

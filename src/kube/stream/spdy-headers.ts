import { constants, inflateSync } from 'node:zlib'

/** Names and values of one frame; names in lower case. */
export type SpdyHeaders = Readonly<Record<string, string>>

const names =
  'options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow authorization cache-control connection content-base content-encoding content-language content-length content-location content-md5 content-range content-type date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade user-agent vary via warning www-authenticate method get status'.split(
    ' ',
  )
const tail =
  '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.'

/** @see https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/#2.6.10.1-Compression @internal */
export const spdyDictionary: Buffer = Buffer.concat([
  ...[...names, '200 OK', 'version', 'HTTP/1.1', 'url', 'public', 'set-cookie', 'keep-alive', 'origin'].map(prefixed),
  Buffer.from(tail, 'latin1'),
])

/** A zlib stream's head: 32 KiB window, with a dictionary, whose checksum follows. */
const zlibHead = Buffer.from([0x78, 0xbb, 0xe3, 0xc6, 0xa7, 0xc2])

/** Writes the header blocks of one connection, in their order: the stream of them is one zlib stream. */
export function createHeaderWriter(): (headers: SpdyHeaders) => Buffer {
  let isFirst = true
  return (headers) => {
    const entries = Object.entries(headers)
    const block = Buffer.concat([
      uint32(entries.length),
      ...entries.flatMap(([name, value]) => [prefixed(name.toLowerCase()), prefixed(value)]),
    ])
    const head = isFirst ? [zlibHead] : []
    isFirst = false
    return Buffer.concat([...head, ...stored(block)])
  }
}

/**
 * Blocks that are not compressed: headers are few and short, and this needs no state. An empty one at the end is what
 * zlib's flush writes; Go's reader gives out what came before only then.
 */
function stored(block: Buffer): readonly Buffer[] {
  const parts: Buffer[] = []
  for (let at = 0; at < block.length; at += 0xffff) {
    const part = block.subarray(at, at + 0xffff)
    parts.push(storedHead(part.length), part)
  }
  return [...parts, storedHead(0)]
}

function storedHead(size: number): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt16LE(size, 1)
  head.writeUInt16LE(size ^ 0xffff, 3)
  return head
}

/** All header blocks of a connection together: more is not what port-forward and exec have. */
const maxBytes = 4 * 1024 * 1024

/** Reads the header blocks of one connection, in their order. Throws for what is no header block. */
export function createHeaderReader(): (block: Uint8Array) => SpdyHeaders {
  let seen: Buffer = Buffer.alloc(0)
  let readBytes = 0
  return (block) => {
    // a later block refers to earlier ones: all are unpacked again, which costs less than it seems
    seen = Buffer.concat([seen, block])
    const all = inflateSync(seen, {
      dictionary: spdyDictionary,
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: maxBytes,
    })
    const headers = parseBlock(all.subarray(readBytes))
    readBytes = all.length
    return headers
  }
}

function parseBlock(block: Buffer): SpdyHeaders {
  const headers: Record<string, string> = {}
  const count = block.readUInt32BE(0)
  let at = 4
  const text = (): string => {
    const length = block.readUInt32BE(at)
    const value = block.toString('utf8', at + 4, at + 4 + length)
    at += 4 + length
    return value
  }
  for (let index = 0; index < count; index += 1) {
    const name = text()
    headers[name] = text()
  }
  return headers
}

function prefixed(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8')
  return Buffer.concat([uint32(bytes.length), bytes])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

import { ToolError } from '../errors/index.ts'

/** The records of one extended header: text keys, values as bytes. */
export type PaxRecords = Map<string, Buffer>

/**
 * Reads `length key=value\n` records. An empty value takes back what an earlier header said.
 * @throws LAYER_INVALID
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html
 */
export function parsePax(bytes: Buffer): PaxRecords {
  const records: PaxRecords = new Map()
  let at = 0
  while (at < bytes.length) {
    const space = bytes.indexOf(0x20, at)
    const length = space < 0 || space - at > 10 ? Number.NaN : Number(bytes.toString('latin1', at, space))
    const end = at + length
    if (!Number.isSafeInteger(length) || end <= space || end > bytes.length || bytes[end - 1] !== 0x0a) throw broken()
    const equals = bytes.indexOf(0x3d, space)
    if (equals <= space + 1 || equals >= end) throw broken()
    records.set(bytes.toString('utf8', space + 1, equals), bytes.subarray(equals + 1, end - 1))
    at = end
  }
  return records
}

/** Writes records in the order of their keys. */
export function formatPax(records: ReadonlyMap<string, Uint8Array>): Buffer {
  const keys = [...records.keys()].sort()
  return Buffer.concat(keys.map((key) => formatRecord(Buffer.from(key), records.get(key) ?? new Uint8Array())))
}

/** The length at the front counts its own digits. */
function formatRecord(key: Buffer, value: Uint8Array): Buffer {
  const rest = key.length + value.length + 3
  let length = rest + String(rest).length
  if (String(length).length > String(rest).length) length = rest + String(length).length
  return Buffer.concat([Buffer.from(`${length} `), key, Buffer.from('='), value, Buffer.from('\n')])
}

function broken(): ToolError {
  return new ToolError('LAYER_INVALID', 'the archive has an extended header that is not valid')
}

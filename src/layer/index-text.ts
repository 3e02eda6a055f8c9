import type { LayerIndex, IndexedEntry } from './layer-index.ts'

/** Remembers what layers hold, by their diffIds. */
export interface LayerIndexes {
  /** The text as it was put, or undefined when it is not there any more, or is damaged. */
  get(diffId: string): string | undefined
  put(diffId: string, text: string): Promise<void>
}

/** To be raised when the text has another form. */
const version = 1

/** A line of JSON for all: layers have many entries. */
export function formatLayerIndex({ entries, sizeBytes }: LayerIndex): string {
  return JSON.stringify([version, sizeBytes, entries.map(formatEntry)])
}

/** Undefined for a text of another version, or one that was not written by {@link formatLayerIndex}. */
export function parseLayerIndex(text: string): LayerIndex | undefined {
  const found = parseJson(text)
  if (!Array.isArray(found)) return undefined
  const [foundVersion, sizeBytes, rows] = found as readonly unknown[]
  if (foundVersion !== version || typeof sizeBytes !== 'number' || !Array.isArray(rows)) return undefined
  const entries: IndexedEntry[] = []
  for (const row of rows) {
    const entry = parseEntry(row)
    if (entry === undefined) return undefined
    entries.push(entry)
  }
  return { entries, sizeBytes }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // somebody else's, then
    return undefined
  }
}

const kinds: readonly IndexedEntry['kind'][] = [
  'file',
  'directory',
  'symlink',
  'hardlink',
  'character',
  'block',
  'fifo',
]

function formatEntry(entry: IndexedEntry): readonly unknown[] {
  const { path, kind, mode, uid, gid, mtimeSeconds, size, bodyOffset, linkTarget, device, xattrs } = entry
  const row = [path, kinds.indexOf(kind), mode, uid, gid, mtimeSeconds, size, bodyOffset]
  if (linkTarget === undefined && device === undefined && xattrs === undefined) return row
  const attributes = Object.entries(xattrs ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')])
  return [
    ...row,
    linkTarget ?? null,
    device === undefined ? null : [device.major, device.minor],
    xattrs === undefined ? null : attributes,
  ]
}

function parseEntry(row: unknown): IndexedEntry | undefined {
  if (!Array.isArray(row)) return undefined
  const [path, kindAt, mode, uid, gid, mtimeSeconds, size, bodyOffset, linkTarget, device, xattrs] =
    row as readonly unknown[]
  const kind = typeof kindAt === 'number' ? kinds[kindAt] : undefined
  if (typeof path !== 'string' || kind === undefined) return undefined
  if (!isNumber(mode) || !isNumber(uid) || !isNumber(gid)) return undefined
  if (!isNumber(mtimeSeconds) || !isNumber(size) || !isNumber(bodyOffset)) return undefined
  const entry = { path, kind, mode, uid, gid, mtimeSeconds, size, bodyOffset }
  return row.length <= 8 ? entry : { ...entry, ...parseRare(linkTarget, device, xattrs) }
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number'
}

function parseRare(
  linkTarget: unknown,
  device: unknown,
  xattrs: unknown,
): Pick<IndexedEntry, 'linkTarget' | 'device' | 'xattrs'> {
  const [major, minor] = Array.isArray(device) ? (device as readonly unknown[]) : []
  return {
    ...(typeof linkTarget === 'string' ? { linkTarget } : {}),
    ...(isNumber(major) && isNumber(minor) ? { device: { major, minor } } : {}),
    ...(Array.isArray(xattrs) ? { xattrs: parseAttributes(xattrs) } : {}),
  }
}

function parseAttributes(rows: readonly unknown[]): Record<string, Uint8Array> {
  const pairs = rows.flatMap((row) => {
    const [name, value] = Array.isArray(row) ? (row as readonly unknown[]) : []
    return typeof name === 'string' && typeof value === 'string' ? [[name, Buffer.from(value, 'base64')] as const] : []
  })
  return Object.fromEntries(pairs)
}

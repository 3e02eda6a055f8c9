import { appendFile, mkdir, open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { randomBytes } from 'node:crypto'
import * as v from 'valibot'
import { partialEnding, writeError } from '../../workspace/index.ts'

/** Where the image that was made of some inputs is. */
export interface ArtifactRecord {
  /** Everything that the image depends on. */
  readonly key: string
  /** `registry/repository` that it was pushed to. */
  readonly registry: string
  readonly repository: string
  readonly digest: string
  /** Digests of the attestations beside it. */
  readonly attached?: readonly string[]
}

/** Remembers built images, in a file that several processes may use at once. */
export interface ArtifactRecords {
  /** Those of a key, the newest first. */
  get(key: string): Promise<readonly ArtifactRecord[]>
  /** Whether there may be any of images in that registry. */
  hasAny(registry: string): Promise<boolean>
  /** @throws DISK_FULL, FILE_UNWRITABLE */
  add(records: readonly ArtifactRecord[]): Promise<void>
}

const recordSchema = v.object({
  key: v.string(),
  registry: v.string(),
  repository: v.string(),
  digest: v.string(),
  attached: v.exactOptional(v.array(v.string())),
})
const line = v.pipe(v.string(), v.parseJson(), recordSchema)

/** When the file is bigger than this, the older half of it goes. */
const maxBytes = 1024 * 1024
const maxPerKey = 4

/**
 * Opens a file of records, a line of JSON each; the newest is the last. Lines are only appended, each in one write that
 * begins with a line feed, so that writers do not mix and a line that was cut off by a kill spoils no other. What is no
 * record is skipped.
 */
export function openArtifactRecords(file: string): ArtifactRecords {
  return {
    async get(key) {
      const lines = (await readText(file)).split('\n').filter((written) => written.includes(key))
      const records = parseRecords(lines).filter((record) => record.key === key)
      return [...records].reverse().slice(0, maxPerKey)
    },
    async hasAny(registry) {
      return (await readText(file)).includes(`"registry":${JSON.stringify(registry)}`)
    },
    async add(records) {
      if (records.length === 0) return
      const text = records.map((record) => `\n${JSON.stringify(record)}\n`).join('')
      try {
        await mkdir(dirname(file), { recursive: true })
        await append(file, text)
        await compact(file)
      } catch (error) {
        throw writeError(error, file)
      }
    },
  }
}

/** A registry that is found under another address each time, and keeps what it has. */
export interface MovingRegistry {
  /** Where it is now. */
  readonly address: string
  /** What it is called at all times. */
  readonly name: string
}

/** The same records, with the registry under its lasting name in the file. */
export function followRegistry(records: ArtifactRecords, { address, name }: MovingRegistry): ArtifactRecords {
  const kept = (registry: string): string => (registry === address ? name : registry)
  const now = (registry: string): string => (registry === name ? address : registry)
  return {
    get: async (key) => (await records.get(key)).map((record) => ({ ...record, registry: now(record.registry) })),
    hasAny: async (registry) => records.hasAny(kept(registry)),
    add: async (added) => records.add(added.map((record) => ({ ...record, registry: kept(record.registry) }))),
  }
}

/** Written again when somebody has put another file there meanwhile. */
async function append(file: string, text: string): Promise<void> {
  const handle = await open(file, 'a', 0o600)
  try {
    await handle.appendFile(text)
    if (await isStillThere(handle, file)) return
  } finally {
    await handle.close()
  }
  await appendFile(file, text)
}

async function isStillThere(handle: FileHandle, file: string): Promise<boolean> {
  const [own, now] = await Promise.all([handle.stat(), stat(file).catch(() => undefined)])
  return own.ino === now?.ino
}

/** Lines that others append while the new file is being made are carried over. */
async function compact(file: string): Promise<void> {
  const old = await open(file, 'r')
  const partial = `${file}.${randomBytes(6).toString('hex')}${partialEnding}`
  try {
    if ((await old.stat()).size <= maxBytes) return
    const records = parseRecords((await old.readFile('utf8')).split('\n'))
    const kept = records.slice(Math.floor(records.length / 2)).map((record) => `${JSON.stringify(record)}\n`)
    await appendFile(partial, kept.join(''), { mode: 0o600 })
    await rename(partial, file)
    const late = await old.readFile('utf8')
    if (late !== '') await appendFile(file, `\n${late}`)
  } finally {
    await old.close()
    await rm(partial, { force: true })
  }
}

function parseRecords(lines: readonly string[]): readonly ArtifactRecord[] {
  const records: ArtifactRecord[] = []
  for (const written of lines) {
    if (written === '') continue
    const parsed = v.safeParse(line, written)
    if (parsed.success) records.push(parsed.output)
  }
  return records
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch {
    // nothing is remembered, then
    return ''
  }
}

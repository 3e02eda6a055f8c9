import { readFile, stat } from 'node:fs/promises'
import * as v from 'valibot'
import { ToolError } from '../errors/index.ts'
import { mediaTypes } from '../image/index.ts'
import type { Paths } from './file-paths.ts'
import { exists, ifThere, writeAtomically } from './files.ts'
import { createTurns } from './turns.ts'

/** Entries of an OCI layout's `index.json` by their names. */
export interface LayoutIndex {
  /** Makes the folder a layout, if it is none. */
  prepare(): Promise<void>
  /** The digest under a name. */
  get(name: string): Promise<string | undefined>
  names(): Promise<readonly string[]>
  /** Points a name at a manifest. */
  set(name: string, descriptor: NamedDescriptor): Promise<void>
  /** Takes away the entries that the test picks; false when it picks none. */
  remove(isPicked: (name: string, digest: string) => boolean): Promise<boolean>
}

interface NamedDescriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

/** @see https://github.com/opencontainers/image-spec/blob/main/annotations.md */
const nameKey = 'org.opencontainers.image.ref.name'

const entrySchema = v.looseObject({
  digest: v.string(),
  annotations: v.optional(v.record(v.string(), v.string())),
})
/** @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md#indexjson-file */
const indexSchema = v.looseObject({ manifests: v.array(entrySchema) })

type Entry = v.InferOutput<typeof entrySchema>
type Index = v.InferOutput<typeof indexSchema>

const emptyIndex: Index = { schemaVersion: 2, mediaType: mediaTypes.oci.index, manifests: [] }

/** The index is read again when another program changed it; entries that have no name are kept. */
export function createLayoutIndex(paths: Paths): LayoutIndex {
  const turns = createTurns()
  const read = createReader(paths.index)
  const change = async (edit: (entries: readonly Entry[]) => readonly Entry[]): Promise<boolean> =>
    turns.run('index', async () => {
      const index = await read()
      const manifests = edit(index.manifests)
      if (
        manifests.length === index.manifests.length &&
        manifests.every((entry, at) => entry === index.manifests[at])
      ) {
        return false
      }
      await writeAtomically(paths, paths.index, JSON.stringify({ ...index, manifests }))
      return true
    })
  return {
    async prepare() {
      if (await exists(paths.layout)) return
      await turns.run('index', async () => {
        if (!(await exists(paths.index))) await writeAtomically(paths, paths.index, JSON.stringify(emptyIndex))
        await writeAtomically(paths, paths.layout, JSON.stringify({ imageLayoutVersion: '1.0.0' }))
      })
    },
    async get(name) {
      return (await read()).manifests.findLast((entry) => nameOf(entry) === name)?.digest
    },
    async names() {
      return (await read()).manifests.map(nameOf).filter((name) => name !== undefined)
    },
    async set(name, descriptor) {
      await change((entries) => {
        if (entries.some((entry) => nameOf(entry) === name && entry.digest === descriptor.digest)) return entries
        const others = entries.filter((entry) => nameOf(entry) !== name)
        return [...others, { ...descriptor, annotations: { [nameKey]: name } }]
      })
    },
    remove: async (isPicked) =>
      change((entries) =>
        entries.filter((entry) => {
          const name = nameOf(entry)
          return name === undefined || !isPicked(name, entry.digest)
        }),
      ),
  }
}

function nameOf(entry: Entry): string | undefined {
  return entry.annotations?.[nameKey]
}

/** Reads the index, or gives what was read the last time when the file is the same. */
function createReader(path: string): () => Promise<Index> {
  let last: { readonly stamp: string; readonly index: Index } | undefined
  return async () => {
    const found = await ifThere(stat(path, { bigint: true }))
    if (found === undefined) return emptyIndex
    const stamp = `${found.ino} ${found.size} ${found.mtimeNs}`
    if (last?.stamp !== stamp) last = { stamp, index: parse(await readFile(path, 'utf8'), path) }
    return last.index
  }
}

function parse(text: string, path: string): Index {
  const result = v.safeParse(v.pipe(v.string(), v.parseJson(), indexSchema), text)
  if (result.success) return result.output
  throw new ToolError('FILE_UNREADABLE', `${path} is not the index of an OCI image layout`, {
    hint: 'move the folder away, or repair the file',
  })
}

import { randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ToolError } from '../../errors/index.ts'
import {
  isAttestation,
  isImageType,
  mediaTypes,
  parseManifest,
  type Descriptor,
  type ImageManifest,
} from '../../image/index.ts'
import { createLayer, fileContent, type LayerEntry } from '../../layer/index.ts'
import { openLayout, type Layout } from '../../layout/index.ts'
import { formatReference, parseReference } from '../../reference/index.ts'

const refName = 'org.opencontainers.image.ref.name'

/** Packs a layout folder: the file is there whole or not at all. */
export async function writeOciArchive(folder: string, path: string, signal?: AbortSignal): Promise<void> {
  const entries = await entriesOf(folder, '')
  const archive = await createLayer(entries, {
    mediaType: mediaTypes.oci.layer,
    workFolder: folder,
    ...(signal === undefined ? {} : { signal }),
  })
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`)
  try {
    await pipeline(archive.open(signal), createWriteStream(temporary, { flags: 'wx' }))
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    if (!(error instanceof Error) || !('syscall' in error)) throw error
    throw new ToolError('FILE_UNWRITABLE', `cannot write ${path}: ${error.message}`, { cause: error })
  }
}

/** The same with docker's own list of images, so that every engine can load it. */
export async function writeDockerArchive(folder: string, path: string, signal?: AbortSignal): Promise<void> {
  const layout = await openLayout(folder)
  const { index } = await layout.getIndex()
  const named = index.manifests.map((entry) => ({ entry, name: dockerName(entry.annotations?.[refName]) }))
  const images = await Promise.all(named.map(async ({ entry, name }) => listImages(layout, entry, name)))
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(images.flat()))
  await nameForContainerd(folder, named)
  await writeOciArchive(folder, path, signal)
}

/** What docker's list says about an image; of several platforms the first has the name. */
async function listImages(layout: Layout, entry: Descriptor, name: string | undefined): Promise<readonly object[]> {
  const manifests = await imagesBelow(layout, entry)
  return manifests.map(({ config, layers }, at) => ({
    Config: blobPath(config.digest),
    RepoTags: at === 0 && name !== undefined ? [name] : null,
    Layers: layers.map(({ digest }) => blobPath(digest)),
  }))
}

async function imagesBelow(layout: Layout, entry: Descriptor): Promise<readonly ImageManifest[]> {
  const parsed = parseManifest((await layout.getManifest(entry.digest)).bytes, entry.mediaType)
  if (parsed.kind === 'image') return [parsed.manifest]
  const children = parsed.index.manifests.filter((child) => isImageType(child.mediaType) && !isAttestation(child))
  return (await Promise.all(children.map(async (child) => imagesBelow(layout, child)))).flat()
}

interface Named {
  readonly entry: Descriptor
  readonly name: string | undefined
}

/** containerd, under docker's newer store, takes names from annotations of the index. */
async function nameForContainerd(folder: string, named: readonly Named[]): Promise<void> {
  const path = join(folder, 'index.json')
  const document = JSON.parse(await readFile(path, 'utf8')) as {
    manifests: { digest: string; annotations?: Record<string, string> }[]
  }
  const manifests = document.manifests.map((wire) => {
    const name = named.find(({ entry }) => {
      return entry.digest === wire.digest && entry.annotations?.[refName] === wire.annotations?.[refName]
    })?.name
    if (name === undefined) return wire
    const reference = parseReference(name)
    const whole = { 'io.containerd.image.name': formatReference(reference), [refName]: reference.tag ?? 'latest' }
    return { ...wire, annotations: { ...wire.annotations, ...whole } }
  })
  await writeFile(path, JSON.stringify({ ...document, manifests }))
}

/** A lone tag is no name. */
function dockerName(ref: string | undefined): string | undefined {
  if (ref === undefined || !/[/:]/.test(ref)) return undefined
  return ref
}

function blobPath(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`
}

async function entriesOf(folder: string, below: string): Promise<readonly LayerEntry[]> {
  const found = await readdir(join(folder, below), { withFileTypes: true })
  const own = found.filter(({ name }) => !name.startsWith('.'))
  const nested = await Promise.all(
    own.map(async (entry): Promise<readonly LayerEntry[]> => {
      const path = below === '' ? entry.name : `${below}/${entry.name}`
      const absolute = join(folder, path.replaceAll('/', sep))
      const common = { path, uid: 0, gid: 0, mtimeSeconds: 0 }
      if (entry.isDirectory()) {
        return [{ ...common, kind: 'directory', mode: 0o755 }, ...(await entriesOf(folder, path))]
      }
      const { size } = await stat(absolute)
      return [{ ...common, kind: 'file', mode: 0o644, size, open: () => fileContent(absolute) }]
    }),
  )
  return nested.flat()
}

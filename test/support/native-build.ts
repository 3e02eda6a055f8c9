import { chmod, link, lutimes, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createNativeBuilder, type NativeBuilderParts } from '../../src/build/index.ts'
import type { DockerArtifact } from '../../src/config/index.ts'
import type { Event } from '../../src/events/index.ts'
import { createImage, type Image, type ImageParts, type Layer } from '../../src/image/index.ts'
import { createLayer, decompress, readTar, type LayerEntry, type TarEntry } from '../../src/layer/index.ts'
import { parsePlatform, type Platform } from '../../src/platform/index.ts'
import { parseReference } from '../../src/reference/index.ts'
import type { Registry } from '../../src/registry/index.ts'
import { publishImages } from '../../src/transfer/index.ts'
import { aRegistry } from './registry-fixtures.ts'
import { serveNewStore } from './registry-server.ts'

/** A file of a build context: text, or more about it. */
export type ContextEntry =
  | string
  | Uint8Array
  | { readonly text?: string | Uint8Array; readonly mode?: number; readonly mtimeSeconds?: number }
  | { readonly folder: number; readonly mtimeSeconds?: number }
  | { readonly linkTo: string; readonly mtimeSeconds?: number }
  | { readonly sameAs: string }

/** A folder with a Dockerfile and what is needed to build it. */
export interface Project {
  readonly folder: string
  /** Writes files, their folders as well. */
  write(files: Readonly<Record<string, ContextEntry>>): Promise<void>
  build(options?: BuildOptions): Promise<Image>
  /** The same for a project in another folder. */
  buildIn(contextFolder: string, options?: BuildOptions): Promise<Image>
  dependencies(options?: BuildOptions): Promise<readonly string[]>
  /** What the builds have told of. */
  readonly events: Event[]
  close(): Promise<void>
}

export interface BuildOptions extends Partial<Omit<DockerArtifact, 'kind'>> {
  readonly platform?: string
  readonly platforms?: readonly string[]
  readonly signal?: AbortSignal
}

/** Makes a temporary project; the builder stays the same for all its builds. */
export async function aProject(
  files: Readonly<Record<string, ContextEntry>>,
  parts: Partial<NativeBuilderParts> = {},
): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), 'native-'))
  const workFolder = await mkdtemp(join(tmpdir(), 'native-work-'))
  const registry = parts.registry ?? aRegistry()
  const builder = createNativeBuilder({ registry, workFolder, env: {}, host: linux('amd64'), ...parts })
  const events: Event[] = []
  const requestFor = (options: BuildOptions): Parameters<typeof builder.build>[0] => {
    const { platform = 'linux/amd64', platforms, signal, ...docker } = options
    return {
      artifact: {
        image: 'app',
        context: '.',
        ...(platforms === undefined ? {} : { platforms }),
        builder: { kind: 'docker', dockerfile: 'Dockerfile', buildArgs: {}, ...docker },
      },
      contextFolder: folder,
      platforms: [parsePlatform(platform, linux('amd64'))],
      reference: parseReference('registry.example.com/app:1'),
      push: false,
      emit: (event) => events.push(event),
      signal: signal ?? new AbortController().signal,
    }
  }
  const project: Project = {
    folder,
    events,
    write: async (more) => writeContext(folder, more),
    build: async (options) => project.buildIn(folder, options),
    async buildIn(contextFolder, options = {}) {
      const result = await builder.build({ ...requestFor(options), contextFolder })
      const image = result.kind === 'images' ? result.images[0] : undefined
      if (image === undefined) throw new Error('the builder made no image')
      return image
    },
    async dependencies(options = {}) {
      const { platforms: _, ...request } = requestFor(options)
      return (await builder.dependencies(request)).map((path) => path.slice(folder.length + 1))
    },
    async close() {
      await rm(folder, { recursive: true, force: true })
      await rm(workFolder, { recursive: true, force: true })
    },
  }
  await project.write(files)
  return project
}

/** Writes files below a folder. */
export async function writeContext(folder: string, files: Readonly<Record<string, ContextEntry>>): Promise<void> {
  const entries = Object.entries(files)
  for (const [path, entry] of entries) await writeEntry(folder, join(folder, path), entry)
  // times of folders last: writing into them changes them
  for (const [path, entry] of [...entries].reverse()) {
    if (typeof entry === 'object' && 'mtimeSeconds' in entry && entry.mtimeSeconds !== undefined) {
      await lutimes(join(folder, path), entry.mtimeSeconds, entry.mtimeSeconds)
    }
  }
}

async function writeEntry(folder: string, path: string, entry: ContextEntry): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  if (typeof entry === 'string' || entry instanceof Uint8Array) return writeWithMode(path, entry, 0o644)
  if ('sameAs' in entry) return link(join(folder, entry.sameAs), path)
  if ('linkTo' in entry) return symlink(entry.linkTo, path)
  if (!('folder' in entry)) return writeWithMode(path, entry.text ?? '', entry.mode ?? 0o644)
  await mkdir(path, { recursive: true })
  return chmod(path, entry.folder)
}

async function writeWithMode(path: string, text: string | Uint8Array, mode: number): Promise<void> {
  await writeFile(path, text)
  await chmod(path, mode)
}

/** The entries of one layer, bodies left out. */
async function entriesOf(layer: Layer): Promise<readonly Omit<TarEntry, 'body' | 'bodyOffset'>[]> {
  const entries: Omit<TarEntry, 'body' | 'bodyOffset'>[] = []
  for await (const { body: _, bodyOffset: __, ...entry } of readTar(decompress(layer.open()))) entries.push(entry)
  return entries
}

/** `d 0755 0:0 0 0 path -> target` per entry, as `ls` might say it. */
export async function linesOf(layer: Layer | undefined): Promise<readonly string[]> {
  if (layer === undefined) return []
  const letters = { file: 'f', directory: 'd', symlink: 'l', hardlink: 'h', character: 'c', block: 'b', fifo: 'p' }
  return (await entriesOf(layer)).map((entry) => {
    const target = entry.linkTarget === undefined ? '' : ` -> ${entry.linkTarget}`
    const mode = entry.mode.toString(8).padStart(4, '0')
    return `${letters[entry.kind]} ${mode} ${entry.uid}:${entry.gid} ${entry.mtimeSeconds} ${entry.size} ${entry.path}${target}`
  })
}

/** The text of a file in an image: the topmost layer that has it. */
export async function textIn(image: Image, path: string): Promise<string | undefined> {
  for (const layer of [...image.layers].reverse()) {
    for await (const entry of readTar(decompress(layer.open()))) {
      if (entry.path !== path) continue
      const chunks: Uint8Array[] = []
      for await (const chunk of entry.body) chunks.push(chunk)
      return Buffer.concat(chunks).toString()
    }
  }
  return undefined
}

/** A registry on loopback that holds images. */
export interface StockedRegistry {
  readonly registry: Registry
  readonly host: string
  /** Pushes an image per platform under `HOST/name:1`, and gives that name. */
  stock(name: string, images: readonly Image[]): Promise<string>
  close(): Promise<void>
}

export async function aStockedRegistry(): Promise<StockedRegistry> {
  const served = await serveNewStore('memory')
  const registry = aRegistry()
  return {
    registry,
    host: served.host,
    async stock(name, images) {
      const text = `${served.host}/${name}:1`
      await publishImages(registry, { reference: parseReference(text), images, signal: new AbortController().signal })
      return text
    },
    async close() {
      await registry.close()
      await served.close()
    },
  }
}

/** A base image of one layer. */
export async function aBaseImage(
  entries: readonly LayerEntry[],
  config: Omit<ImageParts['config'], 'os'>,
  family: ImageParts['family'] = 'oci',
): Promise<Image> {
  const layers = [await createLayer(entries)]
  return createImage({ family, layers, config: { os: 'linux', history: [{ created_by: 'base' }], ...config } })
}

export function linux(architecture: string): Platform {
  return { os: 'linux', architecture }
}

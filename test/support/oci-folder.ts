import { createHash } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Image, ImageConfig } from '../../src/image/index.ts'
import { decompress, readTar } from '../../src/layer/index.ts'

/** An image to compare with another one. */
export interface ComparableImage {
  readonly config: ImageConfig
  /** What a container would see: kind, mode, owner, target or digest by path. Times are left out. */
  readonly files: Readonly<Record<string, string>>
  /** The same, of each layer that has entries. */
  readonly layers: readonly (readonly string[])[]
}

interface Manifest {
  readonly mediaType?: string
  readonly manifests?: readonly { readonly digest: string; readonly platform?: { readonly architecture: string } }[]
  readonly config?: { readonly digest: string }
  readonly layers?: readonly { readonly digest: string }[]
}

/** The image for an architecture in an OCI layout that another tool wrote, or its only one. */
export async function readOciFolder(folder: string, architecture: string): Promise<ComparableImage> {
  const document = (path: string): unknown => JSON.parse(readFileSync(join(folder, path), 'utf8'))
  let manifest = document('index.json') as Manifest
  while (manifest.manifests !== undefined) {
    const images = manifest.manifests.filter(({ platform }) => platform?.architecture !== 'unknown')
    const chosen = images.find(({ platform }) => platform?.architecture === architecture) ?? images[0]
    manifest = document(blobPath(chosen?.digest ?? '')) as Manifest
  }
  const config = document(blobPath(manifest.config?.digest ?? '')) as ImageConfig
  const opens = (manifest.layers ?? []).map(
    ({ digest }) =>
      () =>
        createReadStream(join(folder, blobPath(digest))),
  )
  return comparable(config, opens)
}

/** One of our own images. */
export async function comparableImage(image: Image): Promise<ComparableImage> {
  return comparable(
    image.config,
    image.layers.map((layer) => () => layer.open()),
  )
}

/** What has to be the same as Docker's. Docker writes layers without entries and counts them in the history: that is not compared. */
export function viewOfImage({ config, layers }: ComparableImage): unknown {
  const { os, architecture, author, config: container, history } = config
  const lines = (history ?? []).map((entry) => [entry.created_by, entry.comment])
  return withoutNulls({ os, architecture, author, container, lines, layers })
}

function blobPath(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`
}

async function comparable(
  config: ImageConfig,
  opens: readonly (() => AsyncIterable<Uint8Array>)[],
): Promise<ComparableImage> {
  const files: Record<string, string> = {}
  const layers: string[][] = []
  for (const open of opens) {
    const lines: string[] = []
    for await (const entry of readTar(decompress(open()))) {
      const hash = createHash('sha256')
      for await (const chunk of entry.body) hash.update(chunk)
      const target = entry.kind === 'file' ? hash.digest('hex') : (entry.linkTarget ?? '')
      const line = `${entry.kind} ${entry.mode.toString(8)} ${entry.uid}:${entry.gid} ${target}`
      if (entry.path !== '') lines.push(`${entry.path} ${line}`)
      if (entry.path !== '') files[entry.path] = line
    }
    if (lines.length > 0) layers.push(lines.sort())
  }
  return { config, files, layers }
}

function withoutNulls(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, member: unknown) => (member === null ? undefined : member)))
}

import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import * as v from 'valibot'
import { ToolError } from '../../../errors/index.ts'
import {
  compressionOf,
  createImage,
  digestOf,
  mediaTypes,
  parseConfig,
  verifyStream,
  type Image,
  type Layer,
} from '../../../image/index.ts'
import { decompress, readTar, sniffCompression } from '../../../layer/index.ts'
import { readLayoutImages } from './read-export.ts'

/** @see https://github.com/moby/docker-image-spec (what `docker save` writes) */
const manifestSchema = v.array(v.looseObject({ Config: v.string(), Layers: v.array(v.string()) }))

/**
 * The images of an archive as `docker save`, bazel and others write it, with or without an OCI layout in it. Layers that
 * are not compressed are: a registry would keep them as they come.
 * @throws BUILD_RESULT_INVALID, LAYER_INVALID, LAYOUT_INVALID
 */
export async function readArchiveImages(
  archive: string,
  folder: string,
  signal: AbortSignal,
): Promise<readonly Image[]> {
  const root = join(folder, 'archive')
  const links = await extract(archive, root, signal)
  const images = await imagesIn(root, links)
  return Promise.all(images.map(async (image) => compressed(image, folder, signal)))
}

/** Targets of links, by their paths. */
type Links = ReadonlyMap<string, string>

async function extract(archive: string, root: string, signal: AbortSignal): Promise<Links> {
  const links = new Map<string, string>()
  await mkdir(root, { recursive: true })
  for await (const entry of readTar(decompress(createReadStream(archive, { signal })))) {
    const { path } = entry
    if (entry.kind === 'symlink' && entry.linkTarget !== undefined) {
      links.set(path, normalize(join(dirname(path), entry.linkTarget)))
    }
    if (entry.kind !== 'file' || entry.body === undefined) continue
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), entry.body)
  }
  return links
}

async function imagesIn(root: string, links: Links): Promise<readonly Image[]> {
  if ((await textOf(join(root, 'oci-layout'))) !== undefined) return readLayoutImages(root)
  const text = await textOf(join(root, 'manifest.json'))
  const manifest = v.safeParse(manifestSchema, text === undefined ? undefined : JSON.parse(text))
  if (!manifest.success) throw new ToolError('BUILD_RESULT_INVALID', `${root} is no archive of an image`)
  return Promise.all(
    manifest.output.map(async ({ Config, Layers }) => {
      const config = parseConfig(await readFile(join(root, Config)))
      const layers = await Promise.all(
        Layers.map(async (path, index) =>
          archivedLayer(join(root, links.get(path) ?? path), config.rootfs.diff_ids[index] ?? ''),
        ),
      )
      return createImage({ config, layers })
    }),
  )
}

async function archivedLayer(path: string, diffId: string): Promise<Layer> {
  const hash = createHash('sha256')
  let size = 0
  let head: Uint8Array = new Uint8Array()
  for await (const chunk of createReadStream(path)) {
    const bytes = chunk as Buffer
    if (size === 0) head = bytes
    size += bytes.length
    hash.update(bytes)
  }
  const isGzip = sniffCompression(head) === 'gzip'
  const mediaType = isGzip ? mediaTypes.oci.layerGzip : mediaTypes.oci.layer
  const descriptor = { mediaType, digest: `sha256:${hash.digest('hex')}`, size }
  return { descriptor, diffId, open: (signal) => verifyStream(createReadStream(path, { signal }), descriptor, 'layer') }
}

async function compressed(image: Image, folder: string, signal: AbortSignal): Promise<Image> {
  if (image.layers.every(({ descriptor }) => compressionOf(descriptor.mediaType) !== 'none')) return image
  const layers = await Promise.all(image.layers.map(async (layer) => gzipped(layer, folder, signal)))
  return createImage({ config: image.config, layers, family: 'oci' })
}

async function gzipped(layer: Layer, folder: string, signal: AbortSignal): Promise<Layer> {
  if (compressionOf(layer.descriptor.mediaType) !== 'none') return layer
  const path = join(folder, `${digestOf(Buffer.from(layer.diffId)).slice(7, 39)}.tar.gz`)
  const hash = createHash('sha256')
  let size = 0
  async function* counted(gzip: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
    for await (const bytes of gzip) {
      size += bytes.length
      hash.update(bytes)
      yield bytes
    }
  }
  await pipeline(layer.open(signal), createGzip(), counted, createWriteStream(path), { signal })
  const descriptor = { mediaType: mediaTypes.oci.layerGzip, digest: `sha256:${hash.digest('hex')}`, size }
  return {
    ...layer,
    descriptor,
    open: (inner) => verifyStream(createReadStream(path, { signal: inner }), descriptor, 'layer'),
  }
}

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}

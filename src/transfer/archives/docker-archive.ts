import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import * as v from 'valibot'
import { ToolError } from '../../errors/index.ts'
import { digestOf, mediaTypes, parseConfig, type Descriptor } from '../../image/index.ts'
import { fileContent, sniffCompression } from '../../layer/index.ts'
import { openLayout, type Layout } from '../../layout/index.ts'
import type { Unpacked } from './unpack.ts'

/** @see https://github.com/moby/docker-image-spec/blob/main/spec.md (combined image JSON and filesystem changeset format) */
const manifestSchema = v.array(
  v.looseObject({
    Config: v.string(),
    RepoTags: v.nullish(v.array(v.string())),
    Layers: v.nullish(v.array(v.string())),
  }),
)

/**
 * Makes an OCI layout of what `docker save` wrote before it wrote one itself. Layers are compressed: registries would
 * keep them as they come.
 * @throws IMAGE_INVALID when the archive is not what its documents say
 */
export async function convertDockerArchive(unpacked: Unpacked, folder: string, signal?: AbortSignal): Promise<Layout> {
  const text = await unpacked.read('manifest.json')
  const parsed = v.safeParse(manifestSchema, text === undefined ? undefined : JSON.parse(text))
  if (!parsed.success) {
    throw new ToolError('IMAGE_INVALID', 'the archive has neither index.json nor a valid manifest.json', {
      hint: 'name an archive that docker save, or another tool for images, has written',
    })
  }
  const layout = await openLayout(folder, { create: true })
  const work: Conversion = { unpacked, layout, folder, signal, layers: new Map() }
  for (const { Config, RepoTags, Layers } of parsed.output) {
    const manifest = await convertImage(work, Config, Layers ?? [])
    for (const tag of RepoTags ?? []) await layout.setRef(tag, manifest)
    if ((RepoTags ?? []).length === 0) await layout.addEntry(manifest)
  }
  return layout
}

interface Conversion {
  readonly unpacked: Unpacked
  readonly layout: Layout
  readonly folder: string
  readonly signal: AbortSignal | undefined
  /** By diff id: images of one archive share layers. */
  readonly layers: Map<string, Descriptor>
}

async function convertImage(work: Conversion, configName: string, layerNames: readonly string[]): Promise<Descriptor> {
  const rawConfig = await readFile(await fileOf(work, configName))
  const { rootfs } = parseConfig(rawConfig)
  if (rootfs.diff_ids.length !== layerNames.length) {
    throw new ToolError(
      'IMAGE_INVALID',
      `the archive has ${layerNames.length} layers for ${configName}, which names ${rootfs.diff_ids.length}`,
    )
  }
  const config = { mediaType: mediaTypes.docker.config, digest: digestOf(rawConfig), size: rawConfig.length }
  await work.layout.putBlob({ descriptor: config, open: () => once(rawConfig) })
  const layers: Descriptor[] = []
  for (const [at, name] of layerNames.entries()) {
    layers.push(await convertLayer(work, name, rootfs.diff_ids[at] ?? ''))
  }
  const mediaType = mediaTypes.docker.manifest
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers }))
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length }
  await work.layout.putManifest({ descriptor, bytes })
  return descriptor
}

async function convertLayer(work: Conversion, name: string, diffId: string): Promise<Descriptor> {
  const known = work.layers.get(diffId)
  if (known !== undefined) return known
  const source = await fileOf(work, name)
  const isPacked = sniffCompression(await headOf(source)) === 'gzip'
  const path = isPacked ? source : join(work.folder, `.${diffId.slice(-64)}.tar.gz`)
  if (!isPacked) await pack(source, { path, diffId, signal: work.signal })
  const { digest, size } = await measure(path, work.signal)
  const descriptor = { mediaType: mediaTypes.docker.layerGzip, digest, size }
  await work.layout.putBlob({ descriptor, open: () => fileContent(path) }, work.signal)
  work.layers.set(diffId, descriptor)
  return descriptor
}

async function fileOf({ unpacked }: Conversion, name: string): Promise<string> {
  const found = await unpacked.find(name)
  if (found !== undefined) return found
  throw new ToolError('IMAGE_INVALID', `the archive does not have ${name}, which its manifest.json names`)
}

async function headOf(path: string): Promise<Uint8Array> {
  for await (const chunk of fileContent(path, { end: 16 })) return chunk
  return new Uint8Array()
}

interface Packing {
  readonly path: string
  readonly diffId: string
  readonly signal: AbortSignal | undefined
}

/** What is packed is what the configuration names. */
async function pack(source: string, { path, diffId, signal }: Packing): Promise<void> {
  const hash = createHash('sha256')
  async function* hashed(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
    for await (const chunk of chunks) {
      hash.update(chunk)
      yield chunk
    }
  }
  const options = signal === undefined ? {} : { signal }
  await pipeline(createReadStream(source), hashed, createGzip(), createWriteStream(path), options)
  const found = `sha256:${hash.digest('hex')}`
  if (found !== diffId) throw new ToolError('IMAGE_INVALID', `a layer of the archive is ${found} and not ${diffId}`)
}

async function measure(path: string, signal?: AbortSignal): Promise<{ digest: string; size: number }> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of createReadStream(path, { signal })) {
    hash.update(chunk as Buffer)
    size += (chunk as Buffer).length
  }
  return { digest: `sha256:${hash.digest('hex')}`, size }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes
}

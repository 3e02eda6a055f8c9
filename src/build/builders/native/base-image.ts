import { ToolError } from '../../../errors/index.ts'
import { imageFromRaw, isAttestation, parseManifest, type Descriptor, type Image } from '../../../image/index.ts'
import { readLayerTree, type LayerIndexes } from '../../../layer/index.ts'
import {
  formatPlatform,
  formatPlatformFully,
  normalizePlatform,
  only,
  selectOne,
  type Platform,
} from '../../../platform/index.ts'
import { memoizeAsync } from '../../../support/index.ts'
import type { FileTree } from './file-tree.ts'
import { imageTree } from './image-tree.ts'
import type { ImageStore } from './image-store.ts'

/** An image that a stage starts from or copies from. */
export interface BaseImage {
  readonly image: Image
  /** Reads the layers when it is first called: many builds never need to look inside. */
  files(signal: AbortSignal): Promise<FileTree>
}

/** Finds images by name. */
export interface BaseImages {
  /**
   * The image of that name for that platform; the folders of layouts are absolute.
   * @throws PLATFORM_NOT_OFFERED, MANIFEST_UNKNOWN, MANIFEST_INVALID, REFERENCE_INVALID, REGISTRY_…
   */
  load(name: string, platform: Platform, signal: AbortSignal): Promise<BaseImage>
}

/** Names and layers are looked at once in the life of a builder. */
export function createBaseImages(options: {
  readonly openStore: (name: string) => Promise<ImageStore>
  readonly workFolder: string
  /** What layers of earlier builds hold. */
  readonly indexes?: LayerIndexes | undefined
}): BaseImages {
  const storeOf = memoizeAsync(options.openStore)
  const known = new Map<string, Promise<BaseImage>>()
  return {
    load(name, platform, signal) {
      const key = `${name} ${formatPlatformFully(normalizePlatform(platform))}`
      const found = known.get(key)
      if (found !== undefined) return found
      const loading = storeOf(name).then((store) => load(store, { name, platform, signal, ...options }))
      known.set(key, loading)
      loading.catch(() => known.delete(key))
      return loading
    },
  }
}

interface Request {
  readonly name: string
  readonly platform: Platform
  readonly signal: AbortSignal
  readonly workFolder: string
  readonly indexes?: LayerIndexes | undefined
}

async function load(store: ImageStore, request: Request): Promise<BaseImage> {
  const { platform, workFolder, indexes } = request
  const image = await findImage(store, request)
  if (!only(platform).matches(image.platform)) throw notOffered(request, [image.platform])
  let reading: Promise<FileTree> | undefined
  const read = async (reader: AbortSignal): Promise<FileTree> => {
    const tree = await readLayerTree(image.layers, {
      workFolder,
      signal: reader,
      ...(indexes === undefined ? {} : { indexes }),
    })
    return imageTree(tree, image.config.rootfs.diff_ids)
  }
  return {
    image,
    files(reader) {
      // the image outlives the build that has loaded it
      const current = (reading ??= read(reader))
      current.catch(() => (reading = undefined))
      return current
    },
  }
}

async function findImage(store: ImageStore, request: Request): Promise<Image> {
  const top = await store.getManifest(undefined, request.signal)
  const parsed = parseManifest(top.bytes, top.descriptor.mediaType)
  if (parsed.kind === 'image') return readImage(store, top, request)
  const images = parsed.index.manifests.filter((descriptor) => !isAttestation(descriptor))
  const chosen = selectOne(only(request.platform), images, (descriptor: Descriptor) => descriptor.platform)
  const offered = images.flatMap(({ platform }) => platform ?? [])
  if (chosen === undefined) throw notOffered(request, offered)
  return readImage(store, await store.getManifest(chosen.digest, request.signal), request)
}

async function readImage(
  store: ImageStore,
  manifest: { readonly bytes: Uint8Array; readonly descriptor: Descriptor },
  { signal }: Request,
): Promise<Image> {
  const parsed = parseManifest(manifest.bytes, manifest.descriptor.mediaType)
  if (parsed.kind === 'index') throw new ToolError('MANIFEST_INVALID', 'the base image is an index inside an index')
  const chunks: Uint8Array[] = []
  for await (const chunk of store.open(parsed.manifest.config, signal)) chunks.push(chunk)
  return imageFromRaw({
    rawManifest: manifest.bytes,
    rawConfig: Buffer.concat(chunks),
    openLayer: (descriptor, layerSignal) => store.open(descriptor, layerSignal),
    ...(store.knownIn === undefined ? {} : { knownIn: store.knownIn }),
  })
}

function notOffered({ name, platform }: Request, offered: readonly Platform[]): ToolError {
  const list = offered.map((one) => formatPlatform(normalizePlatform(one))).join(', ')
  const offer = list === '' ? 'nothing' : list
  return new ToolError(
    'PLATFORM_NOT_OFFERED',
    `${name} is not there for ${formatPlatform(platform)}: it offers ${offer}`,
    {
      hint: `build for ${list === '' ? 'another base image' : list}, or choose another base image`,
    },
  )
}

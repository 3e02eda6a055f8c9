import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import { isToolError, ToolError } from '../errors/index.ts'
import {
  indexFromRaw,
  mediaTypes,
  parseManifest,
  verifyBytes,
  type Descriptor,
  type ImageIndex,
} from '../image/index.ts'
import { createLimiter } from '../support/index.ts'
import { createBlobFolder, type BlobFolder } from './blobs.ts'
import type { Layout } from './layout.ts'
import { diskProblem, writeWhole } from './write-whole.ts'

const refName = 'org.opencontainers.image.ref.name'
const marker = 'oci-layout'
const layoutVersion = '1.0.0'

/** @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md#oci-layout-file */
const markerSchema = v.object({ imageLayoutVersion: v.string() })
const indexSchema = v.looseObject({ manifests: v.array(v.looseObject({})) })

/**
 * Opens a layout; with `create`, an empty one is made where there is none.
 * @throws LAYOUT_INVALID when the folder is no image layout
 */
export async function openLayout(folder: string, options: { readonly create?: boolean } = {}): Promise<Layout> {
  if (!(await isLayout(folder))) {
    if (options.create !== true) throw noLayout(folder)
    await createLayout(folder)
  }
  const blobs = createBlobFolder(folder)
  const readIndex = async (): Promise<ImageIndex> => indexFromRaw(await readOwn(folder, 'index.json'))
  const oneAtATime = createLimiter(1)
  return {
    getIndex: readIndex,
    async getRef(name) {
      const { index } = await readIndex()
      return index.manifests.findLast(({ annotations }) => annotations?.[refName] === name)
    },
    getManifest: async (digest) => getManifest(blobs, digest),
    getBlob: blobs.read,
    putBlob: async (blob, signal) => blobs.write(blob.descriptor, blob.open(signal)),
    async putManifest({ descriptor, bytes }) {
      verifyBytes(bytes, descriptor, 'manifest')
      await blobs.write(descriptor, once(bytes))
    },
    async setRef(name, descriptor) {
      await oneAtATime(async () => {
        const bytes = withRef(await readOwn(folder, 'index.json'), name, descriptor)
        await writeWhole(folder, 'index.json', once(bytes))
      })
    },
    async addEntry(descriptor) {
      await oneAtATime(async () => {
        const { index } = await readIndex()
        if (index.manifests.some(({ digest }) => digest === descriptor.digest)) return
        const bytes = withEntry(await readOwn(folder, 'index.json'), descriptor)
        await writeWhole(folder, 'index.json', once(bytes))
      })
    },
  }
}

async function isLayout(folder: string): Promise<boolean> {
  try {
    const text = await readFile(join(folder, marker), 'utf8')
    const { imageLayoutVersion } = v.parse(markerSchema, JSON.parse(text))
    if (imageLayoutVersion === layoutVersion) return true
    throw new ToolError('LAYOUT_INVALID', `${folder} is an image layout of the unknown version ${imageLayoutVersion}`)
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return false
    if (isToolError(error)) throw error
    if (error instanceof SyntaxError || error instanceof v.ValiError) throw noLayout(folder, error)
    throw diskProblem(error, join(folder, marker), 'read')
  }
}

/** The marker comes last: until then nobody takes the folder for a layout. */
async function createLayout(folder: string): Promise<void> {
  try {
    await mkdir(join(folder, 'blobs', 'sha256'), { recursive: true })
  } catch (error) {
    throw diskProblem(error, folder, 'write')
  }
  const index = { schemaVersion: 2, mediaType: mediaTypes.oci.index, manifests: [] }
  await writeWhole(folder, 'index.json', once(encode(index)))
  await writeWhole(folder, marker, once(encode({ imageLayoutVersion: layoutVersion })))
}

async function getManifest(blobs: BlobFolder, digest: string): ReturnType<Layout['getManifest']> {
  const chunks: Uint8Array[] = []
  for await (const chunk of blobs.read({ digest })) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  const parsed = parseManifest(bytes)
  const { mediaType } = parsed.kind === 'index' ? parsed.index : parsed.manifest
  return { descriptor: { mediaType, digest, size: bytes.length }, bytes }
}

/** Everything else in the document stays as it is. */
function withRef(bytes: Uint8Array, name: string, descriptor: Descriptor): Uint8Array {
  const document = v.parse(indexSchema, JSON.parse(Buffer.from(bytes).toString()))
  const others = document.manifests.filter((entry) => refOf(entry) !== name)
  return encode({ ...document, manifests: [...others, wireDescriptor(descriptor, name)] })
}

function withEntry(bytes: Uint8Array, descriptor: Descriptor): Uint8Array {
  const document = v.parse(indexSchema, JSON.parse(Buffer.from(bytes).toString()))
  return encode({ ...document, manifests: [...document.manifests, wireDescriptor(descriptor)] })
}

function refOf(entry: Readonly<Record<string, unknown>>): unknown {
  const { annotations } = entry
  return typeof annotations === 'object' && annotations !== null ? Reflect.get(annotations, refName) : undefined
}

function wireDescriptor({ mediaType, digest, size, platform, annotations }: Descriptor, name?: string): object {
  return {
    mediaType,
    digest,
    size,
    ...(platform === undefined
      ? {}
      : {
          platform: {
            architecture: platform.architecture,
            os: platform.os,
            'os.version': platform.osVersion,
            'os.features': platform.osFeatures,
            variant: platform.variant,
          },
        }),
    annotations: name === undefined ? annotations : { ...annotations, [refName]: name },
  }
}

async function readOwn(folder: string, name: string): Promise<Uint8Array> {
  try {
    return await readFile(join(folder, name))
  } catch (error) {
    if (hasCode(error, 'ENOENT')) throw noLayout(folder, error)
    throw diskProblem(error, join(folder, name), 'read')
  }
}

function encode(value: object): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

function noLayout(folder: string, cause?: unknown): ToolError {
  return new ToolError('LAYOUT_INVALID', `${folder} is not an OCI image layout`, {
    hint: 'name a folder that has the files oci-layout and index.json',
    cause,
  })
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Image } from '../image/index.ts'
import { openStore } from '../transfer/index.ts'
import type { LoadOutside } from './contract.ts'

/** An image to pack. */
export interface ArchiveRequest {
  readonly image: Image
  /** All that it is called. */
  readonly names: readonly string[]
  /** Whether the receiver has a layer already, so that it can be left out. */
  readonly isKnown?: (layer: Image['layers'][number], index: number) => boolean
}

/**
 * Packs an image so that every engine can load it, Docker's and containerd's, and gives the archive to `use`; it is
 * removed afterwards.
 */
export async function withArchive<T>(
  { image, names, isKnown = () => false }: ArchiveRequest,
  { runProcess, env, signal }: LoadOutside,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'catamaran-load-'))
  try {
    const path = join(folder, 'image.tar')
    const outside = {
      registry: noRegistry,
      workFolder: () => Promise.resolve(folder),
      cwd: folder,
      env,
      runProcess,
      signal,
    }
    const open = await openStore({ kind: 'docker-archive', path }, 'write', outside)
    const { store } = open
    const { rawConfig, rawManifest, manifest, descriptor } = image
    for (const [index, layer] of image.layers.entries()) {
      if (!isKnown(layer, index)) await store.pushBlob(layer, signal)
    }
    await store.pushBlob({ descriptor: manifest.config, open: () => once(rawConfig) }, signal)
    for (const name of names) await store.putManifest(name, { descriptor, bytes: rawManifest }, signal)
    await open.finish()
    return await use(path)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function noRegistry(): never {
  throw new Error('an archive needs no registry')
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes
}

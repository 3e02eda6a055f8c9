import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isToolError } from '../errors/index.ts'
import type { Image } from '../image/index.ts'
import { openStore } from '../transfer/index.ts'
import type { Context } from './contract.ts'

/**
 * Gives an image that is not pushed to Docker's engine, under its name; that it could not be kept there is said and no
 * failure, as the image may have been built to see whether it builds.
 */
export async function loadImage(context: Context, image: Image, name: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'catamaran-load-'))
  const { registry, cwd, env, runProcess, signal } = context
  try {
    const outside = { registry, workFolder: () => Promise.resolve(folder), cwd, env, runProcess, signal }
    const open = await openStore({ kind: 'docker-daemon', name }, 'write', outside)
    const { rawConfig, rawManifest, manifest, descriptor, layers } = image
    const { store } = open
    for (const layer of layers) await store.pushBlob(layer, signal)
    await store.pushBlob({ descriptor: manifest.config, open: () => once(rawConfig) }, signal)
    await store.putManifest(name, { descriptor, bytes: rawManifest }, signal)
    await open.finish()
    context.emit({ type: 'info', text: `${name} is in Docker's engine on this machine` })
  } catch (error) {
    if (!isToolError(error, 'PROGRAM_FAILED', 'PROGRAM_MISSING')) throw error
    context.emit({ type: 'info', text: `${name} is kept nowhere: ${error.message}` })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes
}

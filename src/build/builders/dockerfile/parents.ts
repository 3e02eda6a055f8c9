import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import type { Artifact } from '../../../config/index.ts'
import type { Image } from '../../../image/index.ts'
import { openLayout } from '../../../layout/index.ts'
import { onlyStrict, type Platform } from '../../../platform/index.ts'
import type { BuiltImages } from '../../built-images.ts'
import type { ParentImage } from '../../contract.ts'
import type { StoredParent } from './engine.ts'

/** Build arguments, by their names. */
type Arguments = Readonly<Record<string, string>>

/** Names of what an artifact requires, for looking into its Dockerfile before anything is built. */
export function unbuiltArguments({ requires = [] }: Pick<Artifact, 'requires'>): Arguments {
  return Object.fromEntries(requires.map(({ image, alias }) => [alias, image]))
}

/** Names for the native builder, which takes the images from where they are. */
export function nativeArguments(parents: readonly ParentImage[], built: BuiltImages): Arguments {
  return Object.fromEntries(
    parents.map(({ alias, reference, images }) => {
      if (images.length === 0) return [alias, reference]
      const digest = built.add(images)
      return [alias, reference.includes('@') ? reference : `${reference}@${digest}`]
    }),
  )
}

/** Names for engines: they read pushed images from the registry. */
export function engineArguments(parents: readonly ParentImage[]): Arguments {
  return Object.fromEntries(parents.map(({ alias, reference }) => [alias, reference]))
}

/** Puts images that were not pushed where an engine can read them; those for the platform. */
export async function storeParents(
  parents: readonly ParentImage[],
  platform: Platform,
  { workFolder, signal }: { readonly workFolder: string; readonly signal: AbortSignal },
): Promise<readonly StoredParent[]> {
  const stored: StoredParent[] = []
  for (const { reference, images } of parents) {
    const image = images.find((one) => onlyStrict(platform).matches(one.platform))
    if (reference.includes('@') || image === undefined) continue
    // buildah makes a name out of the last part, and wants it in lower case
    const folder = join(await mkdtemp(join(workFolder, 'parent-')), 'parent')
    await writeLayout(folder, image, signal)
    stored.push({ reference, folder, digest: image.descriptor.digest, image })
  }
  return stored
}

async function writeLayout(folder: string, image: Image, signal: AbortSignal): Promise<void> {
  const layout = await openLayout(folder, { create: true })
  const { rawConfig, rawManifest, manifest, descriptor, layers } = image
  for (const layer of layers) await layout.putBlob(layer, signal)
  await layout.putBlob({ descriptor: manifest.config, open: () => once(rawConfig) }, signal)
  await layout.putManifest({ descriptor, bytes: rawManifest })
  await layout.setRef('image', descriptor)
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes
}

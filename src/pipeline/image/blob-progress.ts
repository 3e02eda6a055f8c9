import type { CopyWork } from '../../transfer/index.ts'
import type { ImageContext } from './context.ts'

/** Small blobs are gone before anybody could look; of a big one every twentieth part is enough to tell. */
const minStepBytes = 1024 * 1024

/** Tells how far the blobs of an image are on their way, as {@link CopyWork} wants it. */
export function tellProgress({ emit }: ImageContext, image: string): NonNullable<CopyWork['onProgress']> {
  const told = new Map<string, number>()
  return (digest, sizeBytes, doneBytes) => {
    const step = Math.max(minStepBytes, sizeBytes / 20)
    if (doneBytes - (told.get(digest) ?? 0) < step) return
    told.set(digest, doneBytes)
    emit({ type: 'blobProgress', image, digest, sizeBytes, doneBytes })
  }
}

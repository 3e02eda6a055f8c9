import { openStore, type Location } from '../../transfer/index.ts'
import type { ImageContext } from './context.ts'

/**
 * The tags of a repository, or the names in a folder or archive, in the order that they are given.
 * @throws MANIFEST_UNKNOWN, REGISTRY_…
 */
export async function listImageTags(context: ImageContext, place: Location): Promise<readonly string[]> {
  const { store } = await openStore(place, 'read', context)
  return store.listTags(context.signal)
}

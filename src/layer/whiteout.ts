import { ToolError } from '../errors/index.ts'

/** What an entry of a layer does to the layers below. */
export type Change =
  /** Adds or replaces the entry. */
  | { readonly kind: 'entry' }
  /** Removes what lower layers have at the path. */
  | { readonly kind: 'remove'; readonly path: string }
  /** Removes what lower layers have in the folder. */
  | { readonly kind: 'clear'; readonly folder: string }
  /** Book-keeping of aufs. */
  | { readonly kind: 'nothing' }

const prefix = '.wh.'
const opaque = '.wh..wh..opq'

/**
 * Reads whiteouts by their names.
 * @throws LAYER_INVALID for whiteouts of a folder itself or its parent
 * @see https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts
 */
export function changeOf(path: string): Change {
  const slash = path.lastIndexOf('/')
  const folder = slash < 0 ? '' : path.slice(0, slash)
  const base = path.slice(slash + 1)
  if (!base.startsWith(prefix)) return isInBookkeeping(path) ? { kind: 'nothing' } : { kind: 'entry' }
  if (base === opaque) return { kind: 'clear', folder }
  if (base.startsWith(prefix + prefix)) return { kind: 'nothing' }
  const name = base.slice(prefix.length)
  if (name === '' || name === '.' || name === '..') {
    throw new ToolError('LAYER_INVALID', `the layer has a whiteout that names no file: ${JSON.stringify(path)}`)
  }
  return { kind: 'remove', path: folder === '' ? name : `${folder}/${name}` }
}

function isInBookkeeping(path: string): boolean {
  return /(?:^|\/)\.wh\.\.wh\.[^/]*\//.test(path)
}

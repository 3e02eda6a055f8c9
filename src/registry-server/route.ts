/** What a path names. */
export type Route =
  | { readonly kind: 'base' }
  | { readonly kind: 'catalog' }
  | { readonly kind: 'uploads'; readonly name: string }
  | { readonly kind: 'upload'; readonly name: string; readonly id: string }
  | { readonly kind: 'blob'; readonly name: string; readonly digest: string }
  | { readonly kind: 'manifest'; readonly name: string; readonly reference: string }
  | { readonly kind: 'tags'; readonly name: string }
  | { readonly kind: 'referrers'; readonly name: string; readonly digest: string }

const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const name = new RegExp(`^${component}(?:/${component})*$`)
const tag = /^\w[\w.-]{0,127}$/
const path = /^\/v2\/(.+)\/(?:(blobs\/uploads)\/?|(blobs\/uploads|blobs|manifests|referrers)\/([^/]+)|(tags\/list))$/

/**
 * Reads a path; undefined when it is none of the API.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints
 */
export function parseRoute(pathname: string): Route | undefined {
  const decoded = decode(pathname)
  if (decoded === '/v2' || decoded === '/v2/') return { kind: 'base' }
  if (decoded === '/v2/_catalog') return { kind: 'catalog' }
  const [, name = '', uploads, folder, last = '', tags] = path.exec(decoded ?? '') ?? []
  if (uploads !== undefined) return { kind: 'uploads', name }
  if (tags !== undefined) return { kind: 'tags', name }
  if (folder === 'blobs/uploads') return { kind: 'upload', name, id: last }
  if (folder === 'blobs') return { kind: 'blob', name, digest: last }
  if (folder === 'manifests') return { kind: 'manifest', name, reference: last }
  if (folder === 'referrers') return { kind: 'referrers', name, digest: last }
  return undefined
}

/** Whether a repository may have this name. */
export function isName(text: string): boolean {
  return text.length <= 255 && name.test(text)
}

/** Whether a tag may have this name. */
export function isTag(text: string): boolean {
  return tag.test(text)
}

function decode(pathname: string): string | undefined {
  try {
    return decodeURIComponent(pathname)
  } catch {
    return undefined
  }
}

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

/** Patterns of the paths below a repository; the first group is its name, the second what is asked of it. */
const below: readonly (readonly [RegExp, (name: string, last: string) => Route])[] = [
  [/^\/v2\/(.+)\/blobs\/uploads\/?$/, (name) => ({ kind: 'uploads', name })],
  [/^\/v2\/(.+)\/blobs\/uploads\/([^/]+)$/, (name, id) => ({ kind: 'upload', name, id })],
  [/^\/v2\/(.+)\/blobs\/([^/]+)$/, (name, digest) => ({ kind: 'blob', name, digest })],
  [/^\/v2\/(.+)\/manifests\/([^/]+)$/, (name, reference) => ({ kind: 'manifest', name, reference })],
  [/^\/v2\/(.+)\/referrers\/([^/]+)$/, (name, digest) => ({ kind: 'referrers', name, digest })],
  [/^\/v2\/(.+)\/tags\/list\/?$/, (name) => ({ kind: 'tags', name })],
]

/**
 * Reads a path; undefined when it is none of the API.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints
 */
export function parseRoute(pathname: string): Route | undefined {
  const decoded = decode(pathname)
  if (decoded === '/v2' || decoded === '/v2/') return { kind: 'base' }
  if (decoded === '/v2/_catalog') return { kind: 'catalog' }
  for (const [pattern, make] of below) {
    const [found, name = '', last = ''] = pattern.exec(decoded) ?? []
    if (found !== undefined) return make(name, last)
  }
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

function decode(pathname: string): string {
  try {
    return decodeURIComponent(pathname)
  } catch {
    return ''
  }
}

/** How {@link rewriteImage} treats slashes: kept for registries with nested repositories. */
export interface DefaultRepoOptions {
  /** The global config's `multi-level-repo`; without it, only Google's registries keep slashes. */
  readonly multiLevel?: boolean
}

const googlePrefix = /^([\w.-]+\/[a-z][a-z0-9-]{4,28}[a-z0-9])(?:\/|$)/
const maxLength = 255

/**
 * The image's name under the default repo, as Skaffold rewrites it; tag and digest are put back as they were.
 * `ko://` is stripped and the name lower-cased first. Without a default repo the name stays as it is.
 * @example rewriteImage('gcr.io/some/registry:v1', 'registry.example.com/team') // 'registry.example.com/team/gcr_io_some_registry:v1'
 * @see https://skaffold.dev/docs/environment/image-registries/
 */
export function rewriteImage(image: string, defaultRepo: string | undefined, options: DefaultRepoOptions = {}): string {
  if (defaultRepo === undefined || defaultRepo === '') return image
  const { name, suffix } = splitSuffix(image)
  const plain = name.startsWith('ko://') ? name.slice('ko://'.length).toLowerCase() : name
  return rewriteName(plain, trimSlashes(defaultRepo), options) + suffix
}

function rewriteName(name: string, defaultRepo: string, options: DefaultRepoOptions): string {
  if (name.startsWith(defaultRepo)) return name
  const repoPrefix = googlePrefix.exec(defaultRepo)?.[1] ?? ''
  const isGoogle = repoPrefix.includes('gcr.io') || repoPrefix.includes('-docker.pkg.dev')
  if (!isGoogle && options.multiLevel !== true) {
    return `${defaultRepo}/${name.replaceAll(/[/._:@]/g, '_')}`.slice(0, maxLength)
  }
  const samePrefix = repoPrefix !== '' && name.startsWith(`${repoPrefix}/`)
  const rest = samePrefix ? name.slice(repoPrefix.length + 1) : name
  return `${defaultRepo}/${rest}`.slice(0, maxLength)
}

/** Splits a name from its `:tag@digest`. */
function splitSuffix(image: string): { readonly name: string; readonly suffix: string } {
  const scheme = image.startsWith('ko://') ? 'ko://' : ''
  const rest = image.slice(scheme.length)
  const at = rest.indexOf('@')
  const beforeDigest = at === -1 ? rest : rest.slice(0, at)
  const colon = beforeDigest.indexOf(':', beforeDigest.lastIndexOf('/') + 1)
  const end = colon === -1 ? beforeDigest.length : colon
  return { name: scheme + rest.slice(0, end), suffix: rest.slice(end) }
}

function trimSlashes(text: string): string {
  return text.replaceAll(/\/+$/g, '')
}

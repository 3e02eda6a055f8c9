/** A repository that ADD names, and what of it. */
export interface GitUrl {
  /** As git takes it. */
  readonly repo: string
  /** A branch, tag or commit; absent: the default branch. */
  readonly ref?: string
  /** The folder of it that is meant, cleaned, without leading slash; absent: all of it. */
  readonly folder?: string
}

/** Whether ADD would clone the source. */
export function isGitSource(source: string): boolean {
  return (
    /^(?:git|ssh):\/\//.test(source) || /^git@[^/]+:/.test(source) || /^https?:\/\/[^#?]+\.git(?:[#?]|$)/.test(source)
  )
}

/**
 * Reads `URL#REF:FOLDER`, each of the two optional.
 * @see https://docs.docker.com/reference/dockerfile/#adding-files-from-a-git-repository
 */
export function parseGitUrl(source: string): GitUrl {
  const hash = source.indexOf('#')
  const [repo, fragment] = hash === -1 ? [source, ''] : [source.slice(0, hash), source.slice(hash + 1)]
  const [ref = '', ...rest] = fragment.split(':')
  const parts: string[] = []
  for (const part of rest.join(':').split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return { repo, ...(ref === '' ? {} : { ref }), ...(parts.length === 0 ? {} : { folder: parts.join('/') }) }
}

/** Whether what the source names is always the same: a commit stands in it. */
export function isPinnedGitSource(source: string): boolean {
  return isGitSource(source) && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(parseGitUrl(source).ref ?? '')
}

import type { Reference } from './reference.ts'

/** The whole name: `registry/repository[:tag][@digest]`. */
export function formatReference(reference: Reference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`
  return `${formatRepository(reference)}${tag}${digest}`
}

/** The name without tag and digest: `registry/repository`. */
export function formatRepository(reference: Pick<Reference, 'registry' | 'repository'>): string {
  return `${reference.registry}/${reference.repository}`
}

/** As docker prints it to people: Docker Hub's host and `library/` left out. */
export function formatFamiliar(reference: Reference): string {
  if (reference.registry !== 'docker.io') return formatReference(reference)
  return formatReference(reference)
    .replace(/^docker\.io\//, '')
    .replace(/^library\//, '')
}

/** The same repository under another tag; a digest is dropped. */
export function withTag(reference: Reference, tag: string): Reference {
  return { registry: reference.registry, repository: reference.repository, tag }
}

/** The same name pinned to a digest; the tag stays. */
export function withDigest(reference: Reference, digest: string): Reference {
  return { ...reference, digest }
}

/** The host whose API serves the registry: Docker Hub's is not the name in its references. */
export function apiHost(registry: string): string {
  return registry === 'docker.io' ? 'registry-1.docker.io' : registry
}

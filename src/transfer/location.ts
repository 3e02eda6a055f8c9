import { ToolError } from '../errors/index.ts'
import { formatReference, parseReference, type Reference } from '../reference/index.ts'

/** Where an image is, or is to go, as a command line names it. */
export type Location =
  | { readonly kind: 'registry'; readonly reference: Reference }
  | FileLocation
  | { readonly kind: 'docker-daemon'; readonly name: string }

/** A folder or an archive on this machine. */
export interface FileLocation {
  readonly kind: 'oci' | 'oci-archive' | 'docker-archive'
  readonly path: string
  /** Tag, name or digest within it; absent: its only image. */
  readonly name?: string
}

const fileKinds = ['oci', 'oci-archive', 'docker-archive'] as const

/**
 * Parses a place for images: `registry/repository:tag`, `oci:FOLDER[:NAME]`, `oci-archive:FILE[:NAME]`,
 * `docker-archive:FILE[:NAME]`, `docker-daemon:NAME`; a digest follows an `@`. `docker://` before a registry's name is
 * left out.
 * @throws REFERENCE_INVALID
 * @see https://github.com/containers/container-libs (containers-transports.5)
 */
export function parseLocation(text: string): Location {
  const file = fileKinds.find((kind) => text.startsWith(`${kind}:`))
  if (file !== undefined) return parseFile(file, text.slice(file.length + 1))
  if (text.startsWith('docker-daemon:')) return { kind: 'docker-daemon', name: engineName(text) }
  return { kind: 'registry', reference: parseReference(text.replace(/^docker:\/\//, '')) }
}

/** The place as it is written on a command line. */
export function formatLocation(location: Location): string {
  if (location.kind === 'registry') return formatReference(location.reference)
  if (location.kind === 'docker-daemon') return `docker-daemon:${location.name}`
  const { kind, path, name } = location
  if (name === undefined) return `${kind}:${path}`
  return `${kind}:${path}${name.includes(':') && /^sha(?:256|512):/.test(name) ? '@' : ':'}${name}`
}

/** Tag or digest of the place; `latest` for a repository without either, undefined for a file's only image. */
export function nameWithin(location: Location): string | undefined {
  if (location.kind === 'registry') return location.reference.digest ?? location.reference.tag ?? 'latest'
  return location.name
}

/** The same place with another tag or digest. */
export function renamed(location: Location, name: string): Location {
  if (location.kind !== 'registry') return { ...location, name }
  const { registry, repository } = location.reference
  const isDigest = name.includes(':')
  return { kind: 'registry', reference: { registry, repository, ...(isDigest ? { digest: name } : { tag: name }) } }
}

function parseFile(kind: FileLocation['kind'], rest: string): FileLocation {
  const digest = /^(.+)@(sha(?:256|512):[0-9a-f]+)$/.exec(rest)
  if (digest !== null) return { kind, path: digest[1] ?? '', name: digest[2] ?? '' }
  // C:\images is one path
  const colon = rest.indexOf(':', /^[A-Za-z]:[\\/]/.test(rest) ? 2 : 0)
  const path = colon === -1 ? rest : rest.slice(0, colon)
  const name = colon === -1 ? '' : rest.slice(colon + 1)
  if (path === '') {
    throw new ToolError('REFERENCE_INVALID', `"${kind}:${rest}" names no file`, {
      hint: `write ${kind}:PATH or ${kind}:PATH:NAME`,
    })
  }
  return { kind, path, ...(name === '' ? {} : { name }) }
}

function engineName(text: string): string {
  const name = text.slice('docker-daemon:'.length)
  const reference = parseReference(name)
  return reference.tag === undefined && reference.digest === undefined ? `${name}:latest` : name
}

import { createHash } from 'node:crypto'

/** A manifest or index as a registry serves it. */
export interface StoredManifest {
  readonly mediaType: string
  readonly digest: string
  readonly sizeBytes: number
  readonly body: ManifestBody
}

/** A descriptor in a manifest or index. */
export interface StoredDescriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly platform?: { readonly os: string; readonly architecture: string; readonly variant?: string }
}

interface ManifestBody {
  readonly manifests?: readonly StoredDescriptor[]
  readonly config?: StoredDescriptor
  readonly layers?: readonly StoredDescriptor[]
}

const accept = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

/** Reads a registry over plain HTTP, not with catamaran's client. */
export interface RegistryReader {
  manifest(repository: string, reference: string): Promise<StoredManifest | undefined>
  /** A blob whose digest was checked. */
  blob(repository: string, digest: string): Promise<Buffer>
  tags(repository: string): Promise<readonly string[]>
}

/** A reader of `HOST:PORT`. */
export function registryReader(host: string): RegistryReader {
  return {
    async manifest(repository, reference) {
      const response = await fetch(`http://${host}/v2/${repository}/manifests/${reference}`, { headers: { accept } })
      if (response.status === 404) return undefined
      const bytes = await bytesOf(response)
      return {
        mediaType: response.headers.get('content-type') ?? '',
        digest: digestOf(bytes),
        sizeBytes: bytes.length,
        body: JSON.parse(bytes.toString('utf8')) as ManifestBody,
      }
    },
    async blob(repository, digest) {
      const bytes = await bytesOf(await fetch(`http://${host}/v2/${repository}/blobs/${digest}`))
      if (digestOf(bytes) !== digest) throw new Error(`${digest} has other bytes`)
      return bytes
    },
    async tags(repository) {
      const response = await fetch(`http://${host}/v2/${repository}/tags/list`)
      if (response.status === 404) return []
      return (JSON.parse((await bytesOf(response)).toString('utf8')) as { readonly tags: readonly string[] }).tags
    },
  }
}

/** `sha256:…` of bytes. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

async function bytesOf(response: Response): Promise<Buffer> {
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${await response.text()}`)
  return Buffer.from(await response.arrayBuffer())
}

/** How the bytes of a layer are compressed. */
export type Compression = 'none' | 'gzip' | 'zstd'

/** Which organisation's media types a document is written in. */
export type MediaTypeFamily = 'oci' | 'docker'

/**
 * The media types of images, by family.
 * @see https://github.com/opencontainers/image-spec/blob/main/media-types.md
 * @see https://github.com/distribution/distribution/blob/main/docs/content/spec/manifest-v2-2.md
 */
export const mediaTypes = {
  oci: {
    index: 'application/vnd.oci.image.index.v1+json',
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    empty: 'application/vnd.oci.empty.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar',
    layerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
    layerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
    foreignLayer: 'application/vnd.oci.image.layer.nondistributable.v1.tar',
    foreignLayerGzip: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
    foreignLayerZstd: 'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd',
  },
  docker: {
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar',
    layerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
    layerZstd: 'application/vnd.docker.image.rootfs.diff.tar.zstd',
    foreignLayer: 'application/vnd.docker.image.rootfs.foreign.diff.tar',
    foreignLayerGzip: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
  },
} as const

/** Every manifest and index type that catamaran reads, in the order it prefers them. */
export const readableManifestTypes: readonly string[] = [
  mediaTypes.oci.index,
  mediaTypes.docker.index,
  mediaTypes.oci.manifest,
  mediaTypes.docker.manifest,
]

/** Whether the type is an OCI image index or a Docker manifest list. */
export function isIndexType(mediaType: string): boolean {
  return mediaType === mediaTypes.oci.index || mediaType === mediaTypes.docker.index
}

/** Whether the type is an image manifest of either family. */
export function isImageType(mediaType: string): boolean {
  return mediaType === mediaTypes.oci.manifest || mediaType === mediaTypes.docker.manifest
}

/** Whether the type is an image configuration of either family; artifacts have other ones. */
export function isConfigType(mediaType: string): boolean {
  return mediaType === mediaTypes.oci.config || mediaType === mediaTypes.docker.config
}

/** Whether layers of this type may be missing from a registry: their bytes come from `urls`. */
export function isForeignLayerType(mediaType: string): boolean {
  return /\.nondistributable\.|\.foreign\./.test(mediaType)
}

/** `docker` for Docker's own types, else `oci`. */
export function familyOf(mediaType: string): MediaTypeFamily {
  return mediaType.startsWith('application/vnd.docker.') ? 'docker' : 'oci'
}

/** How a layer of this type is compressed; undefined when the type is no layer that catamaran knows. */
export function compressionOf(mediaType: string): Compression | undefined {
  return compressions[mediaType]
}

/** The same kind of content in the other family's words; types without a counterpart are given back as they are. */
export function toFamily(mediaType: string, family: MediaTypeFamily): string {
  const other = family === 'oci' ? mediaTypes.docker : mediaTypes.oci
  const kind = Object.entries(other).find(([, type]) => type === mediaType)?.[0]
  if (kind === undefined) return mediaType
  const wanted: Readonly<Record<string, string>> = mediaTypes[family]
  return wanted[kind] ?? mediaType
}

const compressions: Readonly<Record<string, Compression>> = {
  [mediaTypes.oci.layer]: 'none',
  [mediaTypes.oci.layerGzip]: 'gzip',
  [mediaTypes.oci.layerZstd]: 'zstd',
  [mediaTypes.oci.foreignLayer]: 'none',
  [mediaTypes.oci.foreignLayerGzip]: 'gzip',
  [mediaTypes.oci.foreignLayerZstd]: 'zstd',
  [mediaTypes.docker.layer]: 'none',
  [mediaTypes.docker.layerGzip]: 'gzip',
  [mediaTypes.docker.layerZstd]: 'zstd',
  [mediaTypes.docker.foreignLayer]: 'none',
  [mediaTypes.docker.foreignLayerGzip]: 'gzip',
}

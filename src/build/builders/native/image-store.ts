import { resolve } from 'node:path'
import { ToolError } from '../../../errors/index.ts'
import type { Blob, Descriptor } from '../../../image/index.ts'
import { createBaseInspector, type BaseInspector, type BaseInspectorOptions } from '../../../inspect/index.ts'
import { openLayout, type Layout } from '../../../layout/index.ts'
import { parseReference, withDigest } from '../../../reference/index.ts'
import type { Registry } from '../../../registry/index.ts'

/** Where one image name leads: to a registry, or to a layout on disk. */
export interface ImageStore {
  /** The digest that the name stands for now: of the image, or of the index of all its platforms. */
  resolve(signal: AbortSignal): Promise<string | undefined>
  /** What the name stands for, or the manifest of that digest beside it. */
  getManifest(
    digest: string | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly descriptor: Descriptor; readonly bytes: Uint8Array }>
  open(descriptor: Descriptor, signal?: AbortSignal): AsyncIterable<Uint8Array>
  readonly knownIn?: NonNullable<Blob['knownIn']>
}

const layoutName = /^oci(?:-layout:\/\/|:)(?=[./])(.+?)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/

/**
 * The name with its folder made absolute when it is one of an OCI layout: `oci:FOLDER[:TAG]`, as buildah writes it, or
 * `oci-layout://FOLDER[:TAG][@DIGEST]`, as BuildKit does; FOLDER starts with a dot or a slash. Other names stay as they
 * are.
 */
export function absoluteName(name: string, folder: string): string {
  const [, path, tag, digest] = layoutName.exec(name) ?? []
  if (path === undefined) return name
  return `oci:${resolve(folder, path)}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
}

/** Looks at base images, wherever their names lead; the names of layouts are absolute. */
export function inspectBases(registry: Registry, options: Omit<BaseInspectorOptions, 'open'>): BaseInspector {
  return createBaseInspector({ ...options, open: async (name) => openImageStore(name, registry) })
}

/**
 * The store that a name of FROM or `--from` leads to.
 * @throws REFERENCE_INVALID, LAYOUT_INVALID
 */
export async function openImageStore(name: string, registry: Registry): Promise<ImageStore> {
  const [, folder, tag, digest] = layoutName.exec(name) ?? []
  if (folder === undefined) return registryStore(registry, name)
  return layoutStore(await openLayout(folder), { name, tag, digest })
}

function layoutStore(
  layout: Layout,
  wanted: { readonly name: string; readonly tag: string | undefined; readonly digest: string | undefined },
): ImageStore {
  const getManifest = async (digest: string | undefined): ReturnType<ImageStore['getManifest']> => {
    const exact = digest ?? wanted.digest
    if (exact !== undefined) return layout.getManifest(exact)
    if (wanted.tag !== undefined) return layout.getManifest(await digestOfTag(layout, wanted.tag, wanted.name))
    const { index, descriptor, rawManifest } = await layout.getIndex()
    const [only, ...others] = index.manifests
    return only === undefined || others.length > 0
      ? { descriptor, bytes: rawManifest }
      : layout.getManifest(only.digest)
  }
  return {
    resolve: async () => (await getManifest(undefined)).descriptor.digest,
    getManifest,
    open: (descriptor, signal) => layout.getBlob(descriptor, signal),
  }
}

async function digestOfTag(layout: Layout, tag: string, name: string): Promise<string> {
  const found = await layout.getRef(tag)
  if (found !== undefined) return found.digest
  throw new ToolError('MANIFEST_UNKNOWN', `${name}: the layout has no image with the name "${tag}"`, {
    hint: 'write a name that stands in its index.json, or none when it holds one image',
  })
}

function registryStore(registry: Registry, name: string): ImageStore {
  const parsed = parseReference(name)
  const reference = parsed.tag === undefined && parsed.digest === undefined ? { ...parsed, tag: 'latest' } : parsed
  return {
    resolve: async (signal) => reference.digest ?? (await registry.resolve(reference, signal))?.digest,
    getManifest: (digest, signal) =>
      registry.getManifest(digest === undefined ? reference : withDigest(reference, digest), signal),
    open: (descriptor, signal) => registry.getBlob(reference, descriptor, signal),
    knownIn: { registry: reference.registry, repository: reference.repository },
  }
}

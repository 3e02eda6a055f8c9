import { isToolError } from '../errors/index.ts'
import { convertImage, type Image, type MediaTypeFamily } from '../image/index.ts'
import { formatPlatform } from '../platform/index.ts'
import { formatFamiliar } from '../reference/index.ts'
import type { Registry } from '../registry/index.ts'
import { findAttestedImages } from './cache/find-images.ts'
import type { Builder, BuildRequest, BuildResult } from './contract.ts'
import { withBuild } from './with-build.ts'

/** What is wanted of a builder's images. */
export interface IndexTypeParts {
  /** Whose media types manifests and index are written in. */
  readonly type: MediaTypeFamily
  /** Reads what a builder has pushed on its own. */
  readonly registry: Registry
}

/**
 * The same builder, whose images are written in the media types of Docker or of OCI; configurations and layers are the
 * same. What was pushed already is put into other words by writing its manifests anew. What cannot be said in them is
 * left out with a warning. Images that are not pushed stay as they are.
 */
export function withIndexType(builder: Builder, parts: IndexTypeParts): Builder {
  return withBuild(builder, {
    async build(request) {
      const result = await builder.build(request)
      if (!request.push) return result
      const images = result.kind === 'images' ? result.images : await readPushed(result.digest, request, parts)
      return images === undefined ? result : convert(images, result, { request, parts })
    },
  })
}

interface Work {
  readonly request: BuildRequest
  readonly parts: IndexTypeParts
}

function convert(images: readonly Image[], result: BuildResult, { request, parts: { type } }: Work): BuildResult {
  const converted = images.map((image) => {
    const { image: made, lost } = convertImage(image, type)
    if (lost.length > 0) warn(request, `${formatPlatform(image.platform)}: ${lost.join(', ')}`, type)
    return made
  })
  if (converted.every((image, index) => image === images[index])) return result
  return { kind: 'images', images: converted }
}

function warn({ artifact, emit }: BuildRequest, what: string, type: MediaTypeFamily): void {
  emit({
    type: 'warning',
    text: `${artifact.image}: ${names[type]} media types have no place for something of ${what}`,
    hint: `leave out --index-type=${type} to keep it`,
  })
}

const names: Readonly<Record<MediaTypeFamily, string>> = { docker: "Docker's", oci: "OCI's" }

/** Some registries can only be reached from within the cluster that builds. */
async function readPushed(
  digest: string,
  { artifact, reference, signal, emit }: BuildRequest,
  { registry, type }: IndexTypeParts,
): Promise<readonly Image[] | undefined> {
  try {
    return await findAttestedImages(digest, { registry, repository: reference, signal })
  } catch (error) {
    signal.throwIfAborted()
    if (!isToolError(error)) throw error
    const name = formatFamiliar(reference)
    const hint = `leave out --index-type=${type}, or let the builder write it`
    emit({ type: 'warning', text: `${artifact.image}: ${name} keeps its media types: ${error.message}`, hint })
    return undefined
  }
}

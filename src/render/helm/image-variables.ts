import type { RenderedImage } from '../contract.ts'

/**
 * What templates of helm values may use of the images: `IMAGE_NAME`, `IMAGE_REPO`, `IMAGE_TAG`, `IMAGE_DIGEST`,
 * `IMAGE_DOMAIN`, `IMAGE_REPO_NO_DOMAIN`, `IMAGE_FULLY_QUALIFIED`, those of the second image with a 2 at the end and so
 * on, and all of them with `_` and the image's name, its special characters as `_`.
 * @see https://skaffold.dev/docs/renderers/helm/#image-configuration
 */
export function imageVariables(
  images: readonly Pick<RenderedImage, 'image' | 'reference'>[],
): Readonly<Record<string, string>> {
  const variables = images.flatMap(({ image, reference }, index) => {
    const name = image.replaceAll(/[-./:]/g, '_')
    const suffix = index === 0 ? '' : String(index + 1)
    return Object.entries(variablesOf(image, reference)).flatMap(([key, value]) => [
      [key + suffix, value] as const,
      [`${key}_${name}`, value] as const,
    ])
  })
  return Object.fromEntries(variables)
}

function variablesOf(image: string, reference: string): Readonly<Record<string, string>> {
  const { repository, tag, digest } = splitReference(reference)
  const slash = repository.indexOf('/')
  const domain = slash === -1 ? '' : repository.slice(0, slash)
  const colon = reference.indexOf(':')
  return {
    IMAGE_NAME: image,
    IMAGE_REPO: repository,
    IMAGE_TAG: tag,
    IMAGE_DIGEST: digest,
    IMAGE_DOMAIN: domain,
    IMAGE_REPO_NO_DOMAIN: repository.slice(slash + 1),
    IMAGE_FULLY_QUALIFIED: reference,
    // names of old versions, which charts may still use
    DIGEST: reference,
    DIGEST_ALGO: colon === -1 ? '' : reference.slice(0, colon),
    DIGEST_HEX: reference.slice(colon + 1),
  }
}

function splitReference(reference: string): {
  readonly repository: string
  readonly tag: string
  readonly digest: string
} {
  const at = reference.indexOf('@')
  const named = at === -1 ? reference : reference.slice(0, at)
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1)
  return {
    repository: colon === -1 ? named : named.slice(0, colon),
    tag: colon === -1 ? '' : named.slice(colon + 1),
    digest: at === -1 ? '' : reference.slice(at + 1),
  }
}

import { imageFields, type Resource, type ResourceEdit } from '../resource/index.ts'
import type { RenderedImage } from './contract.ts'

/**
 * Puts the built images where their artifact's name stands, with or without a tag; a name with a digest is meant as it
 * is. `ko://` and upper case are read as Skaffold reads them.
 */
export function imageReplacer(builtImages: readonly RenderedImage[]): {
  readonly editsOf: (resource: Resource) => readonly ResourceEdit[]
  /** Names of artifacts that no resource has used so far. */
  readonly unused: () => readonly string[]
} {
  const byName = new Map(builtImages.map((built) => [plainName(built.image), built]))
  const used = new Set<string>()
  return {
    editsOf: (resource) =>
      imageFields(resource).flatMap(({ path, value }) => {
        const built = value.includes('@') ? undefined : byName.get(plainName(value))
        if (built === undefined) return []
        used.add(built.image)
        return [{ path, value: built.reference }]
      }),
    unused: () => builtImages.map((built) => built.image).filter((image) => !used.has(image)),
  }
}

/** The name without its tag, as text: `nginx` is not `docker.io/library/nginx`. */
function plainName(image: string): string {
  const name = image.replace(/^ko:\/\//, '')
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1)
  return (colon === -1 ? name : name.slice(0, colon)).toLowerCase()
}

import type { Resource, ResourceEdit } from '../resource/index.ts'
import type { RenderedImage } from './contract.ts'
import type { ResourceSelector } from './selector.ts'

/** Puts built images where their artifact's name stands, and remembers which of them are used. */
export interface ImageReplacer {
  readonly editsOf: (resource: Pick<Resource, 'object'>) => readonly ResourceEdit[]
  /** Names of artifacts that no resource has used so far. */
  readonly unused: () => readonly string[]
}

/**
 * An artifact's name counts with or without a tag; a name with a digest is meant as it is. `ko://` and upper case are
 * read as Skaffold reads them, and so is what charts made for its old image strategies give: `name:name` and
 * `name/name:name`.
 */
export function imageReplacer(
  builtImages: readonly RenderedImage[],
  { selector, onUsed }: { readonly selector: ResourceSelector; readonly onUsed?: (image: string) => void },
): ImageReplacer {
  const byName = new Map(builtImages.map((built) => [plainName(built.image), built]))
  const byReference = new Map(builtImages.map((built) => [built.reference, built]))
  const used = new Set<string>()
  const use = (image: string): void => {
    used.add(image)
    onUsed?.(image)
  }
  return {
    editsOf: ({ object }) =>
      selector.imageFields(object).flatMap(({ path, value }) => {
        const ready = byReference.get(value)
        if (ready !== undefined) use(ready.image)
        const built = ready === undefined ? find(byName, value) : undefined
        if (built === undefined) return []
        use(built.image)
        return [{ path, value: built.reference }]
      }),
    unused: () => builtImages.map((built) => built.image).filter((image) => !used.has(image)),
  }
}

function find(byName: ReadonlyMap<string, RenderedImage>, value: string): RenderedImage | undefined {
  if (value.includes('@')) return undefined
  return byName.get(plainName(value)) ?? byName.get(doubledName(value) ?? '')
}

/** The name without its tag, as text: `nginx` is not `docker.io/library/nginx`. */
function plainName(image: string): string {
  return image
    .replace(/^ko:\/\//, '')
    .replace(/(?<=^[^:]*|\/[^:/]*):[\w.-]+$/, '')
    .toLowerCase()
}

/** A name that a chart took for registry, repository and tag alike. */
function doubledName(value: string): string | undefined {
  const [repository, name, ...others] = value.split(':')
  if (name === undefined || others.length > 0) return undefined
  return repository === name || repository === `${name}/${name}` ? name : undefined
}

import { parseReference, rewriteImage, type DefaultRepoOptions } from '../reference/index.ts'
import type { BuiltArtifact, Context, GivenImage } from './contract.ts'

/**
 * Images that were built before, as artifacts: under the default repo unless they are there already, and with another
 * tag where one is asked for. The digest of another tag is not known, so it is left out.
 * @throws REFERENCE_INVALID
 */
export function givenArtifacts(
  given: readonly GivenImage[],
  { defaultRepo, globalSettings, tag }: Pick<Context, 'defaultRepo' | 'globalSettings'> & { readonly tag?: string },
): readonly BuiltArtifact[] {
  return given.map(({ image, reference }) => {
    const named = tag === undefined ? reference : `${withoutTag(reference)}:${tag}`
    const moved = rewriteImage(named, defaultRepo, repoOptions({ globalSettings }))
    // ko's own names stay as they are, as in Skaffold: ko resolves them
    const digest = moved.startsWith('ko://') ? undefined : parseReference(moved).digest
    return { image, reference: moved, ...(digest === undefined ? {} : { digest }), reason: 'built before' }
  })
}

function withoutTag(reference: string): string {
  const name = reference.replace(/@.*$/, '')
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1)
  return colon === -1 ? name : name.slice(0, colon)
}

/** How image names are moved under the default repo. */
export function repoOptions({
  globalSettings,
}: {
  readonly globalSettings?: Context['globalSettings'] | undefined
}): DefaultRepoOptions {
  const multiLevel = globalSettings?.multiLevelRepo
  return multiLevel === undefined ? {} : { multiLevel }
}

import type { BuildRequest } from '../../contract.ts'
import type { CloudBuildSettings } from './settings.ts'

/** A step of a build: a container, in the folder that the sources were unpacked to. */
export interface BuildStep {
  readonly name: string
  readonly entrypoint?: string
  readonly args?: readonly string[]
  readonly env?: readonly string[]
}

/** What runs, and what is pushed when it has run. */
export interface BuildRecipe {
  readonly steps: readonly BuildStep[]
  /** Absent: the steps push what they build. */
  readonly images?: readonly string[]
}

/** What a recipe is made of. */
export interface RecipeJob extends Pick<BuildRequest, 'artifact' | 'contextFolder' | 'parents' | 'platforms'> {
  readonly settings: CloudBuildSettings
  /** The name that is pushed. */
  readonly tag: string
  /** The Dockerfile's path in the sources, for what is built from one. */
  readonly dockerfile?: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * A text of the user's as it has to stand in a build: `$NAME` would be replaced.
 * @see https://cloud.google.com/build/docs/configuring-builds/substitute-variable-values
 */
export function verbatim(text: string): string {
  return text.replaceAll('$', '$$$$')
}

/** A word as a shell reads it back; plain words stay as they are. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}

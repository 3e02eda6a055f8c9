import { posix } from 'node:path'
import { ToolError } from '../../errors/index.ts'
import type { InitBuilder } from './builders.ts'

/** An image and the way to build it. */
export interface Pair {
  readonly builder: InitBuilder
  readonly image: string
  /** Build context, when it is not the folder of the builder's file. */
  readonly context?: string
  /** No manifest names the image: its name was made from the folder. */
  readonly isMade?: boolean
}

/** What was paired, and what is left. */
export interface Pairing {
  readonly pairs: readonly Pair[]
  readonly builders: readonly InitBuilder[]
  readonly images: readonly string[]
}

/**
 * Pairs images with builders where there is no doubt: the builder names the image itself, or it is the only one whose folder
 * or file is called as the image.
 */
export function pairByName(builders: readonly InitBuilder[], images: readonly string[]): Pairing {
  const pairs: Pair[] = []
  const left = (): readonly InitBuilder[] => builders.filter((one) => !pairs.some(({ builder }) => builder === one))
  const isPaired = (image: string): boolean => pairs.some((pair) => pair.image === image)
  for (const matches of [isNamed, isKo, isCalled]) {
    for (const image of images.filter((one) => !isPaired(one))) {
      const [builder, ...others] = left().filter((one) => matches(one, image))
      const rivals = images.filter((other) => !isPaired(other) && builder !== undefined && matches(builder, other))
      if (builder !== undefined && others.length === 0 && rivals.length === 1) pairs.push({ builder, image })
    }
  }
  return { pairs, builders: left(), images: images.filter((image) => !isPaired(image)) }
}

/** Asks which builder an image is built by; undefined for none. */
export type ChooseBuilder = (image: string, builders: readonly InitBuilder[]) => Promise<InitBuilder | undefined>

/** How pairs are completed. */
export interface CompleteOptions {
  /** Take the best guess instead of asking. */
  readonly force: boolean
  /** Absent: nobody can be asked. */
  readonly choose?: ChooseBuilder
}

/**
 * Pairs what is left: a single builder with a single image, then by asking. Builders that no image is left for get a name of
 * their own.
 * @throws INIT_AMBIGUOUS when nobody can be asked
 */
export async function completePairs(
  { pairs, builders, images }: Pairing,
  { force, choose }: CompleteOptions,
): Promise<readonly Pair[]> {
  const [only] = builders
  const [image] = images
  if (only === undefined) return pairs
  if (image === undefined) return [...pairs, ...builders.filter(isCertain).map(madeUp)]
  if (images.length === 1 && (builders.length === 1 || force)) {
    return [...pairs, { builder: builders.toSorted(byRank)[0] ?? only, image }]
  }
  if (choose === undefined) throw ambiguous(builders, images)
  const chosen: Pair[] = []
  let left = builders
  for (const one of images) {
    const builder = left.length === 0 ? undefined : await choose(one, left)
    if (builder === undefined) continue
    chosen.push({ builder, image: one })
    left = left.filter((other) => other !== builder)
  }
  return [...pairs, ...chosen, ...left.filter(isCertain).map(madeUp)]
}

/** An image that no manifest names, called as the folder or file of its builder. */
function madeUp(builder: InitBuilder): Pair {
  const folder = posix.dirname(builder.path)
  const name = builder.image ?? (folder === '.' ? `${posix.basename(builder.path)}-image` : folder)
  return {
    builder,
    image: name
      .toLowerCase()
      .replaceAll(/[^a-z0-9-._]/g, '-')
      .slice(0, 128),
    isMade: true,
  }
}

/** One line about a builder, for questions. */
export function describeBuilder({ kind, path, project }: InitBuilder): string {
  return `${kind} (${project === undefined ? path : `${project}, ${path}`})`
}

const ranks: readonly InitBuilder['kind'][] = ['Docker', 'Jib Maven Plugin', 'Jib Gradle Plugin', 'Ko', 'Buildpacks']

function byRank(left: InitBuilder, right: InitBuilder): number {
  return ranks.indexOf(left.kind) - ranks.indexOf(right.kind)
}

/** A package.json or go.mod alone does not mean that an image is wanted. */
function isCertain({ kind }: InitBuilder): boolean {
  return kind !== 'Buildpacks' && kind !== 'Ko'
}

function isNamed(builder: InitBuilder, image: string): boolean {
  return builder.image !== undefined && builder.image.replace(/:[^:/]*$/, '') === image
}

function isKo({ kind }: InitBuilder, image: string): boolean {
  return kind === 'Ko' && image.startsWith('ko://')
}

function isCalled({ kind, path }: InitBuilder, image: string): boolean {
  const name = image.split('/').at(-1) ?? image
  const [, ending] =
    kind === 'Docker' ? (/^dockerfile\.(.+)$|^(.+)\.dockerfile$/i.exec(posix.basename(path)) ?? []) : []
  return name === posix.basename(posix.dirname(path)) || name === ending
}

function ambiguous(builders: readonly InitBuilder[], images: readonly string[]): ToolError {
  const [builder] = builders
  const list = builders.map((one) => `\n  ${describeBuilder(one)}`).join('')
  const example = `-a '${JSON.stringify({ builder: builder?.kind, payload: { path: builder?.path }, image: images[0] })}'`
  return new ToolError(
    'INIT_AMBIGUOUS',
    `unable to automatically resolve builder/image pairs: the images ${images.join(', ')} could be built by:${list}`,
    { hint: `say which is which: ${example}` },
  )
}

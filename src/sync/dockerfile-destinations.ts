import { posix } from 'node:path'
import {
  expandInstruction,
  isGitSource,
  isUrlSource,
  planBuild,
  type BuildTarget,
  type CopyInstruction,
  type Dockerfile,
  type PlannedStage,
  type Variables,
} from '../dockerfile/index.ts'
import { compileGlob } from './glob.ts'
import type { Destinations } from './plan-inferred.ts'

/** One COPY or ADD, its destination below the working directory of its place. */
interface Copied {
  readonly sources: readonly string[]
  readonly destination: string
  readonly isFolder: boolean
  readonly isAdd: boolean
}

/**
 * Where COPY and ADD put files of the context, in the stage that is built and those it is built from. A relative place
 * starts from the image's working directory: the base image's is not known here.
 * @throws DOCKERFILE_INVALID
 */
export function dockerfileDestinations(dockerfile: Dockerfile, target: BuildTarget): Destinations {
  const plan = planBuild(dockerfile, target)
  const chain = chainOf(plan.needed)
  let variables: Variables = new Map()
  let folder = ''
  const copied: Copied[] = []
  for (const stage of chain) {
    for (const instruction of stage.instructions) {
      const scope = { variables, globals: plan.globals, buildArgs: plan.wanted.buildArgs, escape: dockerfile.escape }
      const expanded = expandInstruction(instruction, scope)
      variables = expanded.variables
      const { instruction: done } = expanded
      if (done.kind === 'workdir') folder = posix.join(posix.isAbsolute(done.value) ? '' : folder, done.value)
      if ((done.kind === 'copy' || done.kind === 'add') && isPlain(done)) copied.push(copiedBy(done, folder))
    }
  }
  return (path) => [...new Set(copied.flatMap((one) => placesIn(one, path)))]
}

/** The last stage and those that it is built from, the deepest first. */
function chainOf(needed: readonly PlannedStage[]): readonly PlannedStage[] {
  const chain: PlannedStage[] = []
  let stage = needed.at(-1)
  while (stage !== undefined) {
    chain.unshift(stage)
    const { base } = stage
    stage = base.kind === 'stage' ? needed.find(({ index }) => index === base.index) : undefined
  }
  return chain
}

/** What comes from elsewhere, or is picked in a way that a path alone does not tell, has no known place. */
function isPlain({ from, parents, exclude }: CopyInstruction): boolean {
  return from === undefined && !parents && exclude.length === 0
}

function copiedBy({ kind, sources, destination }: CopyInstruction, folder: string): Copied {
  return {
    sources: sources.filter((source) => !isUrlSource(source) && !isGitSource(source)).map(cleaned),
    destination: posix.isAbsolute(destination) ? posix.join(destination) : posix.join(folder, destination),
    isFolder: sources.length > 1 || /(?:^|\/)\.{0,2}$/.test(destination),
    isAdd: kind === 'add',
  }
}

function cleaned(source: string): string {
  return posix.join('/', source).slice(1).replace(/\/$/, '')
}

const archive = /\.(?:tar|tgz|tbz2?|txz|gz|bz2|xz|zst)$/

function placesIn({ sources, destination, isFolder, isAdd }: Copied, path: string): readonly string[] {
  // ADD unpacks archives
  if (isAdd && archive.test(path)) return []
  return sources.flatMap((source) => {
    const matched = matchedPart(source, path)
    if (matched === undefined) return []
    if (matched !== path) return [posix.join(destination, path.slice(matched === '' ? 0 : matched.length + 1))]
    const isInFolder = isFolder || source.includes('*') || source.includes('?')
    return [isInFolder ? posix.join(destination, posix.basename(path)) : destination.replace(/\/$/, '')]
  })
}

/** The part of a path that a source names: the path itself or a folder above it. */
function matchedPart(source: string, path: string): string | undefined {
  if (source === '') return ''
  const matches = compileGlob(source)
  const names = path.split('/')
  const parts = names.map((_, index) => names.slice(0, index + 1).join('/'))
  return parts.find((part) => matches(part))
}

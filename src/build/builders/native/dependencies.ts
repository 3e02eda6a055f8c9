import { contextSources, planBuild, type ContextSource, type Dockerfile } from '../../../dockerfile/index.ts'
import { parsePlatform, type Platform } from '../../../platform/index.ts'
import { within, type FileDigests } from '../../../workspace/index.ts'
import type { Builder } from '../../contract.ts'
import { createContextWalks, type ContextWalks } from './context-walks.ts'
import { contextTree, type ContextListing } from './context-tree.ts'
import { cleanPath, joinPath, type Content, type FileTree } from './file-tree.ts'
import { matchSources } from './match-sources.ts'
import { readDockerfile } from './read-dockerfile.ts'
import { resolvePath } from './resolve-path.ts'

/** Platforms that are tried when nobody has said which: what each of them would copy counts. */
const usualPlatforms = 'amd64 arm64 arm/v7 arm/v6 386 ppc64le riscv64 s390x'.split(' ').map((name) => `linux/${name}`)

type Request = Parameters<Builder['dependencies']>[0]

/** What dependencies are found with. */
export interface DependencyTools {
  readonly host: Platform
  /** Told of what the context holds. */
  readonly digests?: FileDigests
  /** Of walks that several platforms can share. */
  readonly walks?: ContextWalks
}

/**
 * The Dockerfile, its ignore file, and what COPY and ADD take from the context on any of the platforms: files, and the
 * folders they are in, so that a new file is noticed. Sources that are not there are left out.
 */
export async function dependenciesOf(request: Request, tools: DependencyTools): Promise<readonly string[]> {
  const { artifact, contextFolder, signal } = request
  const { builder } = artifact
  if (builder.kind !== 'docker') throw new Error(`the native builder does not build ${builder.kind} artifacts`)
  const { path, dockerfile, ignore } = await readDockerfile(builder, contextFolder)
  const own = ignore === undefined ? [path] : [path, ignore.path]
  const sources = sourcesOf(dockerfile, request, tools.host)
  if (sources.length === 0) return own.sort()
  const { walks = createContextWalks(Date.now) } = tools
  const listing = await walks.walk({ folder: contextFolder, ignore, signal, reference: request.reference })
  tools.digests?.in(contextFolder).saw(listing.files)
  return pathsOf(listing, sources, own)
}

/** Several platforms copy the same files as a rule: then they get the very same list. */
const found = new WeakMap<ContextListing, Map<string, readonly string[]>>()

function pathsOf(
  listing: ContextListing,
  sources: readonly ContextSource[],
  own: readonly string[],
): readonly string[] {
  const lists = found.get(listing) ?? new Map<string, readonly string[]>()
  found.set(listing, lists)
  const key = JSON.stringify([own, sources.map(({ source, parents }) => [source, parents])])
  const known = lists.get(key)
  if (known !== undefined) return known
  const tree = contextTree(listing, { contents: () => nobodysContent, mtimeSeconds: 0 })
  const paths = new Set(own)
  for (const source of sources) addPaths(source, tree, (copied) => paths.add(within(listing.folder, copied)))
  const sorted = [...paths].sort()
  lists.set(key, sorted)
  return sorted
}

const nobodysContent: Content = {
  sizeBytes: 0,
  open() {
    throw new Error('only names are known')
  },
  facts: async () => Promise.reject(new Error('only names are known')),
  known: () => undefined,
}

function sourcesOf(dockerfile: Dockerfile, request: Request, host: Platform): readonly ContextSource[] {
  const { artifact, platforms } = request
  const { builder } = artifact
  if (builder.kind !== 'docker') return []
  const wanted = platforms ?? (artifact.platforms ?? usualPlatforms).map((text) => parsePlatform(text, host))
  const { target, buildArgs } = builder
  return wanted.flatMap((platform) =>
    contextSources(
      planBuild(dockerfile, { platform, buildPlatform: host, buildArgs, ...(target === undefined ? {} : { target }) }),
    ),
  )
}

function addPaths({ source, parents }: ContextSource, tree: FileTree, add: (path: string) => void): void {
  const pattern = parents ? source.replace('/./', '/') : source
  for (const path of matchSources(tree, cleanPath(pattern))) {
    const real = resolvePath(tree, path)
    if (tree.get(real) === undefined) continue
    add(path)
    addBelow(tree, real, add)
  }
}

/** The path and everything in it. */
function addBelow(tree: FileTree, path: string, add: (path: string) => void): void {
  add(path)
  for (const name of tree.list(path)) addBelow(tree, joinPath(path, name), add)
}

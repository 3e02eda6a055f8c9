import { contextSources, type ContextSource, type Dockerfile } from '../../../dockerfile/index.ts'
import { parsePlatform, type Platform } from '../../../platform/index.ts'
import type { BaseInspector } from '../../../inspect/index.ts'
import { within, type ContextListing, type FileDigests } from '../../../workspace/index.ts'
import type { Builder } from '../../contract.ts'
import type { InputTree } from '../../cache/digest-tree.ts'
import { createContextWalks, type ContextWalks } from './context-walks.ts'
import { contextTree } from './context-tree.ts'
import { cleanPath, type Content, type FileTree } from './file-tree.ts'
import { matchSources } from './match-sources.ts'
import { planWithBases } from './plan-with-bases.ts'
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
  /** Tells what base images add; absent: nothing is known of them. */
  readonly bases?: BaseInspector
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
  const sources = await sourcesOf(dockerfile, request, tools)
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
  const roots = new Set<string>()
  for (const source of sources) addRoots(source, tree, roots)
  const sorted = [...new Set([...own, ...pathsBelow(listing, roots)])].sort()
  lists.set(key, sorted)
  addTree(sorted, listing, { roots, own, key })
  return sorted
}

const trees = new WeakMap<readonly string[], InputTree>()

/** The same paths as a tree, whose folders have stamps. */
export function treeOfDependencies(paths: readonly string[]): InputTree | undefined {
  return trees.get(paths)
}

interface Named {
  readonly roots: ReadonlySet<string>
  /** The Dockerfile and what it is read with. */
  readonly own: readonly string[]
  /** Of what they were made. */
  readonly key: string
}

/** The Dockerfile may be elsewhere, or ignored: then there is no stamp of it all. */
function addTree(paths: readonly string[], listing: ContextListing, { roots, own, key }: Named): void {
  const isAllSeen = own.every((path) => listing.files.has(path.slice(listing.folder.length + 1)))
  const stamp = isAllSeen ? listing.stampBelow('') : undefined
  trees.set(paths, {
    listing,
    roots: [...roots],
    others: own,
    stamp: stamp === undefined ? undefined : JSON.stringify([stamp, ...own, key]),
  })
}

/** What is at those paths and in them, with the folder itself for ''. */
function pathsBelow({ folder, files }: ContextListing, roots: ReadonlySet<string>): ReadonlySet<string> {
  const paths = new Set<string>()
  for (const root of roots) {
    paths.add(within(folder, root))
    for (const path of files.paths(root)) paths.add(within(folder, path))
  }
  return paths
}

const nobodysContent: Content = {
  sizeBytes: 0,
  open() {
    throw new Error('only names are known')
  },
  facts: async () => Promise.reject(new Error('only names are known')),
  known: () => undefined,
}

async function sourcesOf(
  dockerfile: Dockerfile,
  request: Request,
  { host, bases }: DependencyTools,
): Promise<readonly ContextSource[]> {
  const { artifact, platforms, contextFolder, signal } = request
  const { builder, requires = [] } = artifact
  if (builder.kind !== 'docker') return []
  const asked = platforms ?? artifact.platforms?.map((text) => parsePlatform(text, host))
  const wanted = asked ?? usualPlatforms.map((text) => parsePlatform(text, host))
  const { target, buildArgs } = builder
  const unbuilt = new Set(requires.map(({ image }) => image))
  const sources = wanted.map(async (platform) => {
    const how = { platform, buildPlatform: host, buildArgs, ...(target === undefined ? {} : { target }) }
    const inherited = { bases, contextFolder, isAnyPlatform: asked === undefined, unbuilt, signal }
    return contextSources(await planWithBases(dockerfile, how, inherited))
  })
  return (await Promise.all(sources)).flat()
}

/** What a source names, and what that leads to. */
function addRoots({ source, parents }: ContextSource, tree: FileTree, roots: Set<string>): void {
  const pattern = parents ? source.replace('/./', '/') : source
  for (const path of matchSources(tree, cleanPath(pattern)) ?? []) {
    const real = resolvePath(tree, path)
    if (tree.get(real) === undefined) continue
    roots.add(path)
    roots.add(real)
  }
}

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
  const { own, tree } = await find(request, tools)
  if (tree === undefined) return [...own].sort()
  const paths = [...new Set([...own, ...pathsBelow(tree)])].sort()
  trees.set(paths, tree)
  return paths
}

const trees = new WeakMap<readonly string[], InputTree>()

/** The same as such a list of paths, for builders that have no other way to give it. */
export function treeOfDependencies(paths: readonly string[]): InputTree | undefined {
  return trees.get(paths)
}

/** The same as a tree, which takes a fraction of the time; undefined when nothing of the context is used. */
export async function inputsOf(request: Request, tools: DependencyTools): Promise<InputTree | undefined> {
  return (await find(request, tools)).tree
}

interface Found {
  /** The Dockerfile and what it is read with. */
  readonly own: readonly string[]
  readonly tree?: InputTree
}

async function find(request: Request, tools: DependencyTools): Promise<Found> {
  const { artifact, contextFolder, signal } = request
  const { builder } = artifact
  if (builder.kind !== 'docker') throw new Error(`the native builder does not build ${builder.kind} artifacts`)
  const { path, dockerfile, ignore } = await readDockerfile(builder, contextFolder)
  const own = ignore === undefined ? [path] : [path, ignore.path]
  const sources = await sourcesOf(dockerfile, request, tools)
  if (sources.length === 0) return { own }
  const { walks = createContextWalks(Date.now) } = tools
  const listing = await walks.walk({ folder: contextFolder, ignore, signal, reference: request.reference })
  tools.digests?.in(contextFolder).saw(listing.files)
  return { own, tree: treeOf(listing, sources, own) }
}

/** Several platforms copy the same files as a rule: then they get the very same tree. */
const found = new WeakMap<ContextListing, Map<string, InputTree>>()

function treeOf(listing: ContextListing, sources: readonly ContextSource[], own: readonly string[]): InputTree {
  const trees = found.get(listing) ?? new Map<string, InputTree>()
  found.set(listing, trees)
  const key = JSON.stringify([own, sources.map(({ source, parents }) => [source, parents])])
  const known = trees.get(key)
  if (known !== undefined) return known
  const files = contextTree(listing, { contents: () => nobodysContent, mtimeSeconds: 0 })
  const roots = new Set<string>()
  for (const source of sources) addRoots(source, files, roots)
  // the Dockerfile may be elsewhere, or ignored: then there is no stamp of it all
  const isAllSeen = own.every((path) => listing.files.has(path.slice(listing.folder.length + 1)))
  const below = isAllSeen ? listing.stampBelow('') : undefined
  const stamp = below === undefined ? undefined : JSON.stringify([below, ...own, key])
  const tree = { listing, roots: [...roots], others: own, stamp }
  trees.set(key, tree)
  return tree
}

/** What is at those paths and in them, with the folder itself for ''. */
function pathsBelow({ listing: { folder, files }, roots }: InputTree): ReadonlySet<string> {
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

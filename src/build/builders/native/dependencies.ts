import { join } from 'node:path'
import { contextSources, planBuild, type ContextSource, type Dockerfile } from '../../../dockerfile/index.ts'
import { parsePlatform, type Platform } from '../../../platform/index.ts'
import { listContext, openFileDigests } from '../../../workspace/index.ts'
import type { Builder } from '../../contract.ts'
import { contextTree } from './context-tree.ts'
import { createFileContents } from './contents.ts'
import { cleanPath, joinPath, type FileTree } from './file-tree.ts'
import { matchSources } from './match-sources.ts'
import { readDockerfile } from './read-dockerfile.ts'
import { resolvePath } from './resolve-path.ts'

/** Platforms that are tried when nobody has said which: what each of them would copy counts. */
const usualPlatforms = 'amd64 arm64 arm/v7 arm/v6 386 ppc64le riscv64 s390x'.split(' ').map((name) => `linux/${name}`)

type Request = Parameters<Builder['dependencies']>[0]

/**
 * The Dockerfile, its ignore file, and what COPY and ADD take from the context on any of the platforms: files, and the
 * folders they are in, so that a new file is noticed. Sources that are not there are left out.
 */
export async function dependenciesOf(request: Request, host: Platform): Promise<readonly string[]> {
  const { artifact, contextFolder, signal } = request
  const { builder } = artifact
  if (builder.kind !== 'docker') throw new Error(`the native builder does not build ${builder.kind} artifacts`)
  const { path, dockerfile, ignore } = await readDockerfile(builder, contextFolder)
  const own = ignore === undefined ? [path] : [path, ignore.path]
  const sources = sourcesOf(dockerfile, request, host)
  if (sources.length === 0) return own.sort()
  const files = await listContext(contextFolder, { signal, ...(ignore === undefined ? {} : { ignore: ignore.rules }) })
  const contents = createFileContents(openFileDigests({ now: Date.now }).in(contextFolder))
  const tree = contextTree(files, { folder: contextFolder, contents, mtimeSeconds: 0 })
  const copied = sources.flatMap((source) => pathsOf(source, tree)).map((found) => join(contextFolder, found))
  return [...new Set([...own, ...copied])].sort()
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

function pathsOf({ source, parents }: ContextSource, tree: FileTree): readonly string[] {
  const pattern = parents ? source.replace('/./', '/') : source
  return matchSources(tree, cleanPath(pattern)).flatMap((path) => {
    const real = resolvePath(tree, path)
    if (tree.get(real) === undefined) return []
    return [path, ...below(tree, real)]
  })
}

/** The path and everything in it. */
function below(tree: FileTree, path: string): readonly string[] {
  return [path, ...tree.list(path).flatMap((name) => below(tree, joinPath(path, name)))]
}

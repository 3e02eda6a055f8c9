import { lstat, readlink } from 'node:fs/promises'
import { isAbsolute, relative, resolve, sep } from 'node:path'
import type { Artifact, DockerArtifact, KanikoArtifact } from '../../../config/index.ts'
import type { BaseInspector } from '../../../inspect/index.ts'
import { createLayer, fileContent, type LayerEntry } from '../../../layer/index.ts'
import type { Layer } from '../../../image/index.ts'
import type { Builder } from '../../contract.ts'
import { dependenciesOf } from '../native/dependencies.ts'
import { hostPlatform } from '../native/host-platform.ts'

type Request = Parameters<Builder['dependencies']>[0]

/** The kaniko settings of an artifact. */
export function kanikoOf({ builder }: Pick<Artifact, 'builder'>): KanikoArtifact {
  if (builder.kind === 'kaniko') return builder
  throw new Error(`kaniko does not build ${builder.kind} artifacts`)
}

/** The same Dockerfile for whoever reads Dockerfiles. */
export function asDocker({ dockerfile, buildArgs, target }: KanikoArtifact): DockerArtifact {
  return { kind: 'docker', dockerfile, buildArgs, ...(target === undefined ? {} : { target }) }
}

/** The folder that is sent. */
export function sentFolder(contextFolder: string, { contextSubPath }: KanikoArtifact): string {
  return resolve(contextFolder, contextSubPath ?? '.')
}

/** The Dockerfile, its ignore file, and what it copies. */
export async function kanikoDependencies(request: Request, bases?: BaseInspector): Promise<readonly string[]> {
  const kaniko = kanikoOf(request.artifact)
  const artifact = { ...request.artifact, builder: asDocker(kaniko) }
  const contextFolder = sentFolder(request.contextFolder, kaniko)
  const tools = { host: hostPlatform(), ...(bases === undefined ? {} : { bases }) }
  return dependenciesOf({ ...request, artifact, contextFolder }, tools)
}

/** A build context as it is sent, and what the Dockerfile is called in it. */
export interface SentContext {
  readonly archive: Layer
  readonly dockerfile: string
}

/** The place of a Dockerfile that is not in the context. */
const outsideName = '.catamaran.Dockerfile'

/**
 * Packs what the Dockerfile copies, and nothing else, as Skaffold does.
 * @throws what reading the Dockerfile and the files throws
 */
export async function packContext(
  request: Request,
  { workFolder, bases }: { readonly workFolder: string; readonly bases?: BaseInspector },
): Promise<SentContext> {
  const kaniko = kanikoOf(request.artifact)
  const folder = sentFolder(request.contextFolder, kaniko)
  const paths = await kanikoDependencies(request, bases)
  const dockerfile = nameIn(folder, resolve(folder, kaniko.dockerfile))
  const entries = await Promise.all(paths.map(async (path) => entryOf(path, nameIn(folder, path))))
  const archive = await createLayer(
    entries.filter((entry) => entry !== undefined),
    { workFolder, level: levelOf(kaniko), signal: request.signal },
  )
  return { archive, dockerfile }
}

function nameIn(folder: string, path: string): string {
  const name = relative(folder, path).split(sep).join('/')
  if (!name.startsWith('../') && !isAbsolute(name)) return name
  return path.endsWith('.dockerignore') ? `${outsideName}.dockerignore` : outsideName
}

/** Nobody owns what is sent: COPY sets the owner. */
async function entryOf(path: string, name: string): Promise<LayerEntry | undefined> {
  if (name === '') return undefined
  const stats = await lstat(path)
  const shared = {
    path: name,
    mode: stats.mode & 0o7777,
    uid: 0,
    gid: 0,
    mtimeSeconds: Math.floor(stats.mtimeMs / 1000),
  }
  if (stats.isSymbolicLink()) return { ...shared, kind: 'symlink', linkTarget: await readlink(path) }
  if (stats.isDirectory()) return { ...shared, kind: 'directory' }
  if (!stats.isFile()) return undefined
  return { ...shared, kind: 'file', size: stats.size, open: () => fileContent(path) }
}

/** Go's levels go from -2 to 9, those of gzip from 1. */
function levelOf({ buildContextCompressionLevel = 1 }: KanikoArtifact): number {
  if (buildContextCompressionLevel === -1) return 6
  return Math.min(Math.max(buildContextCompressionLevel, 1), 9)
}

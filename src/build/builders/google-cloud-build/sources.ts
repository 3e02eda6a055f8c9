import { lstat, readlink } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { ToolError } from '../../../errors/index.ts'
import type { Layer } from '../../../image/index.ts'
import { createLayer, fileContent, type LayerEntry } from '../../../layer/index.ts'
import { createLimiter } from '../../../support/index.ts'
import { listContext } from '../../../workspace/index.ts'
import type { Builder, BuildRequest } from '../../contract.ts'

/** What gathering sources needs. */
export interface SourceTools {
  /** Knows what the artifact depends on. */
  readonly local: Pick<Builder, 'dependencies'>
  readonly workFolder: string
}

/** The files that an artifact is built from, packed. */
export async function gatherSources(request: BuildRequest, { local, workFolder }: SourceTools): Promise<SourceArchive> {
  const { artifact, contextFolder, platforms, signal } = request
  const { builder } = artifact
  const hasDockerfile = builder.kind === 'docker' || builder.kind === 'kaniko'
  const paths =
    builder.kind === 'jib'
      ? await workspacePaths(contextFolder, signal)
      : await local.dependencies({ artifact, contextFolder, platforms, signal })
  const data = builder.kind === 'ko' ? await dataPaths(contextFolder, signal) : []
  return packSources({
    contextFolder,
    paths: [...paths, ...data],
    ...(hasDockerfile ? { dockerfile: resolve(contextFolder, builder.dockerfile) } : {}),
    workFolder,
    signal,
  })
}

/** What ko puts into images beside programs. */
async function dataPaths(folder: string, signal: AbortSignal): Promise<readonly string[]> {
  const files = await listContext(folder, { signal })
  return files.filter(({ path }) => path.split('/').includes('kodata')).map(({ absolutePath }) => absolutePath)
}

/** What is sent to be built. */
interface SourceRequest {
  readonly contextFolder: string
  /** Absolute paths of files and folders. */
  readonly paths: readonly string[]
  /** Absolute; it may lie outside of the context. */
  readonly dockerfile?: string
  /** Where archives that are too big for memory are kept. */
  readonly workFolder: string
  readonly signal: AbortSignal
}

/** The sources as an archive. */
export interface SourceArchive {
  readonly archive: Layer
  /** Where the Dockerfile is in it. */
  readonly dockerfile?: string
}

/** Packs the files that a build depends on: `tar.gz`, the same bytes for the same files. */
async function packSources(request: SourceRequest): Promise<SourceArchive> {
  const { contextFolder, paths, dockerfile, workFolder, signal } = request
  const limit = createLimiter(64)
  const inside = paths.map((path) => resolve(path)).filter((path) => pathIn(contextFolder, path) !== undefined)
  const name = dockerfile === undefined ? undefined : nameOf(dockerfile, contextFolder)
  const places = new Map(inside.map((path) => [pathIn(contextFolder, path) ?? '', path]))
  if (name !== undefined && dockerfile !== undefined) places.set(name, dockerfile)
  places.delete('')
  const entries = await Promise.all([...places].map(([path, file]) => limit(async () => entryOf(path, file))))
  const archive = await createLayer(
    entries.flatMap((entry) => entry ?? []),
    { workFolder, signal },
  )
  return { archive, ...(name === undefined ? {} : { dockerfile: name }) }
}

/** Below the folder, with slashes; undefined for what lies outside. */
function pathIn(folder: string, path: string): string | undefined {
  const below = relative(folder, path).split(sep).join('/')
  return below === '..' || below.startsWith('../') ? undefined : below
}

/** A Dockerfile of somewhere else is put beside the sources, under a name that nothing else has. */
function nameOf(dockerfile: string, folder: string): string {
  const hash = createHash('sha256').update(dockerfile).digest('hex').slice(0, 8)
  return pathIn(folder, dockerfile) ?? `.${basename(dockerfile)}-${hash}`
}

async function entryOf(path: string, file: string): Promise<LayerEntry | undefined> {
  const facts = await lstat(file).catch(() => undefined)
  // a folder where a new file would count need not be there
  if (facts === undefined) return undefined
  const base = { path, mode: facts.mode & 0o7777, uid: 0, gid: 0, mtimeSeconds: 0 }
  if (facts.isDirectory()) return { ...base, kind: 'directory' }
  if (facts.isSymbolicLink()) return { ...base, kind: 'symlink', linkTarget: await readlink(file) }
  if (facts.isFile()) return { ...base, kind: 'file', size: facts.size, open: () => fileContent(file) }
  throw new ToolError('BUILD_FILE_UNSUPPORTED', `${file} is no file, folder or link, and cannot be sent`, {
    hint: `remove it, or name it in .dockerignore`,
  })
}

/** All files of a Java project but what its build makes: modules beside the one that is built belong to it. */
async function workspacePaths(folder: string, signal: AbortSignal): Promise<readonly string[]> {
  const files = await listContext(folder, { signal })
  const names = new Set(files.map(({ path }) => path))
  const isMade = (path: string): boolean => {
    const parent = dirname(path) === '.' ? '' : `${dirname(path)}/`
    if (basename(path) === 'target') return names.has(`${parent}pom.xml`)
    return basename(path) === 'build' && ['build.gradle', 'build.gradle.kts'].some((name) => names.has(parent + name))
  }
  const made = files.filter(({ kind, path }) => kind === 'directory' && isMade(path)).map(({ path }) => path)
  return files
    .filter(({ path }) => !made.some((one) => path === one || path.startsWith(`${one}/`)))
    .map(({ path }) => join(folder, path))
}

import { lstat, readFile } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import type { Artifact, SkaffoldConfig } from '../../config/index.ts'
import { parseDockerfile } from '../../dockerfile/index.ts'
import { isToolError } from '../../errors/index.ts'
import { dockerfileDestinations, planInferred, planManual, type ChangedFiles, type SyncPlan } from '../../sync/index.ts'
import type { Context, Project } from '../contract.ts'
import { contextFolder } from '../plan-builds.ts'

/** Files of an artifact before and after a change, and the paths that were touched; all absolute. */
export interface ArtifactChange {
  readonly artifact: Artifact
  readonly config: SkaffoldConfig
  readonly before: ReadonlySet<string>
  readonly after: ReadonlySet<string>
  readonly touched: readonly string[]
}

/** What can be copied into running containers instead of building; undefined when the image has to be built. */
export async function judgeSync(
  context: Context,
  project: Project,
  change: ArtifactChange,
): Promise<SyncPlan | undefined> {
  const { artifact, config } = change
  const { manual = [], infer = [], auto = false } = artifact.sync ?? {}
  if ((manual.length + infer.length === 0 && !auto) || isRequired(project, artifact.image)) return undefined
  const folder = contextFolder(context, config, artifact)
  const changed = await changedFiles(change, folder)
  if (auto) return planByBuilder(context, { artifact, folder, changed, patterns: [] })
  if (manual.length > 0) return planManual(manual, changed)
  return planByDockerfile(context, { artifact, folder, changed, patterns: infer })
}

/** What others are built from has to be built, or they keep the old files. */
function isRequired({ configs }: Project, image: string): boolean {
  return configs.some(({ build }) =>
    build.artifacts.some(({ requires = [] }) => requires.some((one) => one.image === image)),
  )
}

async function changedFiles({ before, after, touched }: ArtifactChange, folder: string): Promise<ChangedFiles> {
  const fresh = [...after].filter((path) => !before.has(path))
  const candidates = [...new Set([...touched.filter((path) => after.has(path)), ...fresh])]
  const areFiles = await Promise.all(candidates.map(isFile))
  const isFolderOf = (path: string): boolean => [...before].some((other) => other.startsWith(path + sep))
  const gone = [...before].filter((path) => !after.has(path) && !isFolderOf(path))
  const within = (path: string): string => relative(folder, path).split(sep).join('/')
  return {
    written: candidates
      .filter((_, index) => areFiles[index] === true)
      .map(within)
      .toSorted(),
    deleted: gone.map(within).toSorted(),
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return !(await lstat(path)).isDirectory()
  } catch {
    // it went again: the next change says so
    return false
  }
}

interface Inferring {
  readonly artifact: Artifact
  readonly folder: string
  readonly changed: ChangedFiles
  readonly patterns: readonly string[]
}

/** A builder that cannot say where files go builds the image, and so does one that fails: then it says why. */
async function planByBuilder(
  context: Context,
  { artifact, folder, changed }: Inferring,
): Promise<SyncPlan | undefined> {
  const { signal } = context
  const builder = await context.builder(artifact)
  const [written, deleted] = [changed.written, changed.deleted].map((paths) => paths.map((path) => join(folder, path)))
  try {
    const request = { artifact, contextFolder: folder, signal, written: written ?? [], deleted: deleted ?? [] }
    const files = await builder.autoSync?.(request)
    if (files === undefined) return undefined
    const copies = files.map(({ source, destination }) => ({ source: relative(folder, source), destination }))
    return { copies, deletions: [] }
  } catch (error) {
    signal.throwIfAborted()
    if (!isToolError(error)) throw error
    return undefined
  }
}

async function planByDockerfile(
  { host }: Context,
  { artifact: { builder }, folder, changed, patterns }: Inferring,
): Promise<SyncPlan | undefined> {
  const found = dockerfileOf(builder)
  if (found === undefined) return undefined
  const file = resolve(folder, found.path)
  const own = relative(folder, file).split(sep).join('/')
  if (changed.written.includes(own)) return undefined
  const dockerfile = parseDockerfile(await readFile(file, 'utf8'), join(found.path))
  const target = found.target === undefined ? {} : { target: found.target }
  const destinations = dockerfileDestinations(dockerfile, {
    platform: host,
    buildPlatform: host,
    buildArgs: found.buildArgs,
    ...target,
  })
  return planInferred(patterns, changed, destinations)
}

interface FoundDockerfile {
  readonly path: string
  readonly buildArgs: Readonly<Record<string, string>>
  readonly target?: string
}

function dockerfileOf(builder: Artifact['builder']): FoundDockerfile | undefined {
  if (builder.kind === 'docker' || builder.kind === 'kaniko') {
    const { dockerfile, buildArgs, target } = builder
    return { path: dockerfile, buildArgs, ...(target === undefined ? {} : { target }) }
  }
  return builder.kind === 'custom' ? builder.dependencies.dockerfile : undefined
}

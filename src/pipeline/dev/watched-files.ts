import { dirname, sep } from 'node:path'
import { isToolError } from '../../errors/index.ts'
import type { Artifact, SkaffoldConfig } from '../../config/index.ts'
import type { AutoOptions, Context, Project } from '../contract.ts'
import { manifestFiles } from '../load-resources.ts'
import { contextFolder } from '../plan-builds.ts'
import { testDependencies } from '../test-project.ts'
import { judgeSync } from './judge-sync.ts'
import type { SyncWork, Work } from './work.ts'

/** Which files a project is made of, and what a change of them makes necessary. */
export interface WatchedFiles {
  /** Absolute paths of everything to watch, listed anew. */
  list(): Promise<readonly string[]>
  /** What changed paths mean, judged by the files before and after the change. */
  judge(paths: readonly string[]): Promise<Judgement>
}

/** What is to be done, and because of which paths. */
interface Judgement {
  readonly work: Work
  readonly paths: readonly string[]
}

/**
 * Files of a project that may be read anew between two calls.
 * @throws what listing the files throws at the first call; later, while a file is being edited, the former list stays
 */
export function watchFiles(context: Context, project: () => Project, auto: AutoOptions = allAuto): WatchedFiles {
  let judged: Snapshot | undefined
  return {
    async list() {
      const fresh = await takeSnapshot(context, project(), judged)
      judged ??= fresh
      const files = [...fresh.images.values()].flatMap((paths) => [...paths])
      return [...new Set([...files, ...fresh.folders, ...fresh.manifests, ...project().files])].toSorted()
    },
    async judge(paths) {
      const before = judged
      const after = await takeSnapshot(context, project(), before)
      judged = after
      const judging: Judging = { before: before ?? after, after, project: project(), auto }
      const syncing: Syncing = { ...judging, touched: paths }
      const { work, ...judgement } = await withSyncs(context, judgePaths(paths, judging), syncing)
      return { ...judgement, work: allowedWork(work, syncing) }
    },
  }
}

const allAuto: AutoOptions = { build: true, sync: true, deploy: true }

interface Snapshot {
  /** Files of each artifact, by its name. */
  readonly images: ReadonlyMap<string, ReadonlySet<string>>
  readonly manifests: ReadonlySet<string>
  /** Where new files may appear. */
  readonly folders: ReadonlySet<string>
}

async function takeSnapshot(context: Context, project: Project, former: Snapshot | undefined): Promise<Snapshot> {
  const artifacts = project.configs.flatMap((config) =>
    config.build.artifacts.map((artifact) => ({ config, artifact })),
  )
  // what a test depends on calls for its image, which is built from the cache and tested again
  const tests = await testDependencies(context, project)
  const images = await Promise.all(
    artifacts.map(async ({ config, artifact }) => {
      const files = await orFormer(former?.images.get(artifact.image), async () => {
        const own = await filesOf(context, config, artifact)
        return new Set([...own, ...(tests.get(artifact.image) ?? [])])
      })
      return [artifact.image, files] as const
    }),
  )
  const manifests = await orFormer(former?.manifests, () => allManifests(context, project))
  const folders = artifacts.map(({ config, artifact }) => contextFolder(context, config, artifact))
  return {
    images: new Map(images),
    manifests,
    folders: new Set([...folders, ...[...manifests].map((file) => dirname(file))]),
  }
}

/** A Dockerfile or pattern that is broken for the moment must not end the session: the next build says what is wrong. */
async function orFormer(
  former: ReadonlySet<string> | undefined,
  list: () => Promise<ReadonlySet<string>>,
): Promise<ReadonlySet<string>> {
  try {
    return await list()
  } catch (error) {
    if (former === undefined || isToolError(error, 'ABORTED')) throw error
    return former
  }
}

async function filesOf(context: Context, config: SkaffoldConfig, artifact: Artifact): Promise<ReadonlySet<string>> {
  const builder = await context.builder(artifact)
  const folder = contextFolder(context, config, artifact)
  return new Set(await builder.dependencies({ artifact, contextFolder: folder, signal: context.signal }))
}

async function allManifests(context: Context, project: Project): Promise<ReadonlySet<string>> {
  return new Set((await Promise.all(project.configs.map((config) => manifestFiles(context, config)))).flat())
}

interface Judging {
  readonly before: Snapshot
  readonly after: Snapshot
  readonly project: Project
  readonly auto: AutoOptions
}

/** A changed skaffold.yaml counts whatever happens by itself: nothing that was planned before it still holds. */
function judgePaths(paths: readonly string[], { before, after, project, auto }: Judging): Judgement {
  const touching = (old: ReadonlySet<string>, now: ReadonlySet<string>): readonly string[] =>
    paths.filter((path) => old.has(path) || now.has(path) || differsBelow(path, old, now))
  const files = new Set(project.files)
  const ofConfig = touching(files, files)
  const ofManifests = touching(before.manifests, after.manifests)
  const ofImages = [...after.images].map(([image, now]) => ({
    image,
    paths: touching(before.images.get(image) ?? now, now),
  }))
  const isHeeded = (image: string): boolean => auto.build || (auto.sync && hasSync(project, image))
  const rebuilt = ofImages.filter((one) => one.paths.length > 0 && isHeeded(one.image))
  const reload = ofConfig.length > 0
  const relevant = [...ofConfig, ...(auto.deploy ? ofManifests : []), ...rebuilt.flatMap((one) => one.paths)]
  return {
    work: {
      reload,
      images: reload ? 'all' : rebuilt.map(({ image }) => image),
      redeploy: relevant.length > 0,
    },
    paths: [...new Set(relevant)].toSorted(),
  }
}

function hasSync({ configs }: Project, image: string): boolean {
  return configs.some(({ build }) => build.artifacts.some((one) => one.image === image && one.sync !== undefined))
}

interface Syncing extends Judging {
  readonly touched: readonly string[]
}

/** Images whose changed files can all be copied into running containers are not built. */
async function withSyncs(context: Context, judgement: Judgement, syncing: Syncing): Promise<Judgement> {
  const { work } = judgement
  if (work.images === 'all' || work.reload || !syncing.auto.sync) return judgement
  const syncs = await planSyncs(context, work.images, syncing)
  if (syncs.length === 0) return judgement
  const images = work.images.filter((image) => !syncs.some((sync) => sync.image === image))
  const { before, after, touched } = syncing
  const ofManifests = touched.some((path) => before.manifests.has(path) || after.manifests.has(path))
  return { ...judgement, work: { ...work, images, redeploy: images.length > 0 || ofManifests, syncs } }
}

/** Without what does not happen by itself. */
function allowedWork(work: Work, { auto, before, after, touched }: Syncing): Work {
  if (work.reload) return work
  const images = auto.build ? work.images : []
  const ofManifests = touched.some((path) => before.manifests.has(path) || after.manifests.has(path))
  return { ...work, images, redeploy: work.redeploy && auto.deploy && (images.length > 0 || ofManifests) }
}

async function planSyncs(
  context: Context,
  images: readonly string[],
  { project, before, after, touched }: Syncing,
): Promise<readonly SyncWork[]> {
  const none: ReadonlySet<string> = new Set()
  const changes = project.configs.flatMap((config) =>
    config.build.artifacts
      .filter(({ image, sync }) => sync !== undefined && images.includes(image))
      .map((artifact) => ({
        artifact,
        config,
        before: before.images.get(artifact.image) ?? none,
        after: after.images.get(artifact.image) ?? none,
        touched,
      })),
  )
  const planned = await Promise.all(
    changes.map(async (change) => ({ image: change.artifact.image, plan: await judgeSync(context, project, change) })),
  )
  return planned.flatMap(({ image, plan }) => (plan === undefined ? [] : [{ image, plan }]))
}

/** A folder counts when files came into it or went away with it; that something below it changed is said of the file itself. */
function differsBelow(folder: string, old: ReadonlySet<string>, now: ReadonlySet<string>): boolean {
  const below = (files: ReadonlySet<string>): readonly string[] =>
    [...files].filter((file) => file.startsWith(folder + sep))
  const inNow = below(now)
  return below(old).length !== inNow.length || inNow.some((file) => !old.has(file))
}

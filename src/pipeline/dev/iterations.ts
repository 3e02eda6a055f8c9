import { withDependants, withRequired } from '../../build/index.ts'
import { ToolError } from '../../errors/index.ts'
import type { Emit } from '../../events/index.ts'
import { deleteResources } from '../../deploy/index.ts'
import type { ObjectRef } from '../../kube/index.ts'
import { resourceName, type ResourceObject } from '../../resource/index.ts'
import { buildArtifacts } from '../build-project.ts'
import type { BuiltArtifact, Context, DevOptions, Project } from '../contract.ts'
import { nodesFor } from '../cloud-run/nodes-for.ts'
import { deployBuilt } from '../deploy-project.ts'
import { uninstallReleases } from '../render-releases.ts'
import { testBuilt } from '../test-project.ts'
import { workAfterSyncs } from './run-syncs.ts'
import { createFollowers } from './followers.ts'
import { isIdle, type Work } from './work.ts'

/** What the dev loop does: iterations, one after the other, and the clean-up after them. */
export interface Iterations {
  run(work: Work): Promise<void>
  /** Ends the logs and, when asked to, deletes everything that was ever applied. Does not heed the session's signal. */
  cleanUp(isWanted: boolean): Promise<void>
  close(): Promise<void>
}

/** What iterations work with. */
export interface IterationsOptions {
  readonly options: DevOptions
  readonly project: () => Project
  readonly reload: () => Promise<void>
}

/** Keeps what was built and applied from one iteration to the next. */
export function createIterations(outer: Context, { options, project, reload }: IterationsOptions): Iterations {
  const context = { ...outer, emit: onlyNews(outer.emit) }
  const built = new Map<string, BuiltArtifact>()
  const applied = new Map<string, ResourceObject>()
  const followers = createFollowers(context, options.deploy)
  let stage = 'build'
  let deployed: readonly ObjectRef[] = []
  let [failureEnds, isBegun] = [options.keepRunningOnFailure !== true, false]

  const iterate = async (work: Work): Promise<void> => {
    stage = 'build'
    if (work.reload) await reload()
    const due = await workAfterSyncs(context, work, { project: project(), built, refs: deployed })
    if (isIdle(due)) return
    const nodes = await nodesFor(context, project())
    const wanted = { ...options.build, nodes: options.build.checkCluster ? nodes : [], isDeployed: true }
    const changed = await buildArtifacts(context, onlyImages(project(), due.images), wanted)
    for (const artifact of changed) built.set(artifact.image, artifact)
    stage = 'test'
    if (options.skipTests !== true) await testBuilt(context, project(), changed)
    if (!due.redeploy) return
    stage = 'deploy'
    const images = inOrder(project(), built)
    const now = await deployBuilt(context, project(), {
      built: images,
      nodes,
      deploy: options.deploy,
      onApply: (objects) => {
        isBegun = true
        for (const object of objects) applied.set(keyOf(object), object)
      },
      onRun: followers.onRun,
      onContainers: followers.onContainers,
    })
    deployed = now.refs
    await followers.follow(project(), now)
    failureEnds = false
  }

  return {
    run: async (work) =>
      iterate(work).catch((error: unknown) => {
        throw failureEnds && !context.signal.aborted ? firstFailure(stage, error) : error
      }),
    async cleanUp(isWanted) {
      await followers.end()
      if (isWanted) await followers.cleanUpRun()
      if (isWanted && isBegun) await removeDeployed(context, project(), { objects: [...applied.values()], options })
    },
    close: async () => followers.end(),
  }
}

async function removeDeployed(
  context: Context,
  project: Project,
  { objects, options }: { readonly objects: readonly ResourceObject[]; readonly options: DevOptions },
): Promise<void> {
  if (objects.length === 0 && project.configs.every(({ deploy }) => deploy.helm === undefined)) return
  context.emit({ type: 'cleaningUp' })
  // The session's signal is aborted by now; a second Ctrl+C ends the process.
  const { signal } = new AbortController()
  const { namespace } = options.deploy
  const inNamespace = namespace === undefined ? {} : { namespace }
  await uninstallReleases({ ...context, signal }, project.configs, { dryRun: false, ...inNamespace })
  await deleteResources(await context.connect(), { objects, emit: context.emit, signal })
}

/** Where a pod landed, and what is to be warned of, is said once and not in every iteration. */
function onlyNews(emit: Emit): Emit {
  const seen = new Set<string>()
  return (event) => {
    if (event.type === 'podPlaced' || event.type === 'warning') {
      const news = event.type === 'warning' ? event.text : event.pod
      if (seen.has(news)) return
      seen.add(news)
    }
    emit(event)
  }
}

/** With what is made of them, and what that needs. */
function onlyImages(project: Project, images: Work['images']): Project {
  if (images === 'all') return project
  const all = project.configs.flatMap(({ build }) => build.artifacts)
  const changed = all.filter(({ image }) => images.includes(image))
  const wanted = new Set(withRequired(withDependants(changed, all), all))
  return {
    ...project,
    configs: project.configs.map((config) => ({
      ...config,
      build: { ...config.build, artifacts: config.build.artifacts.filter((artifact) => wanted.has(artifact)) },
    })),
  }
}

/** In the order of the configurations; what is no artifact any more is left out. */
function inOrder(project: Project, built: ReadonlyMap<string, BuiltArtifact>): readonly BuiltArtifact[] {
  return project.configs.flatMap((config) => config.build.artifacts.flatMap(({ image }) => built.get(image) ?? []))
}

function keyOf(object: ResourceObject): string {
  return `${object.metadata.namespace ?? ''} ${resourceName(object)}`
}

/** Skaffold's words for the end of a session that never came up. */
function firstFailure(stage: string, error: unknown): unknown {
  if (!(error instanceof ToolError)) return error
  return new ToolError(error.code, `exiting dev mode because first ${stage} failed: ${error.message}`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.where === undefined ? {} : { where: error.where }),
    cause: error.cause,
  })
}

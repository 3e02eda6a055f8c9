import { setTimeout as sleep } from 'node:timers/promises'
import type { Artifact, SkaffoldConfig, SyncHook } from '../../config/index.ts'
import { isToolError } from '../../errors/index.ts'
import { parseConfig, parseManifest } from '../../image/index.ts'
import type { KubeObject, ObjectRef } from '../../kube/index.ts'
import { parseReference, withDigest } from '../../reference/index.ts'
import { isMapping, valueAt } from '../../resource/index.ts'
import { applySync, type SyncPlan, type SyncTarget } from '../../sync/index.ts'
import { needsCluster } from '../cloud-run/nodes-for.ts'
import type { BuiltArtifact, Context, Project } from '../contract.ts'
import { deployedPods } from '../deployed-pods.ts'
import { runDeployHooks } from '../hooks.ts'
import { contextFolder } from '../plan-builds.ts'
import { mergeWork, type SyncWork, type Work } from './work.ts'

/** What files are copied into. */
export interface SyncRun {
  readonly project: Project
  readonly built: ReadonlyMap<string, BuiltArtifact>
  /** What was deployed last. */
  readonly refs: readonly ObjectRef[]
}

/** Copies changed files into the running containers. Gives what is left to do: images may have to be built after all. */
export async function workAfterSyncs(context: Context, work: Work, run: SyncRun): Promise<Work> {
  const { syncs = [], ...rest } = work
  if (syncs.length === 0) return rest
  const failed = await runSyncs(context, syncs, run)
  if (failed.length === 0) return rest
  return mergeWork(rest, { reload: false, images: failed, redeploy: true })
}

async function runSyncs(context: Context, syncs: readonly SyncWork[], run: SyncRun): Promise<readonly string[]> {
  // Cloud Run takes nothing but images
  if (!needsCluster(run.project)) return syncs.map(({ image }) => image)
  const client = await context.connect()
  const pods = await deployedPods(client, { refs: run.refs, signal: context.signal })
  const failed: string[] = []
  for (const sync of syncs) {
    const found = findArtifact(run.project, sync.image)
    const built = run.built.get(sync.image)
    if (found === undefined || built === undefined) continue
    if (!(await tryToSync(context, { ...found, ...sync, built, pods }))) failed.push(sync.image)
  }
  return failed
}

interface OneSync extends SyncWork {
  readonly artifact: Artifact
  readonly config: SkaffoldConfig
  readonly built: BuiltArtifact
  readonly pods: readonly KubeObject[]
}

function findArtifact({ configs }: Project, image: string): Pick<OneSync, 'artifact' | 'config'> | undefined {
  for (const config of configs) {
    const artifact = config.build.artifacts.find((one) => one.image === image)
    if (artifact !== undefined) return { artifact, config }
  }
  return undefined
}

const attempts = 3

async function tryToSync(context: Context, sync: OneSync): Promise<boolean> {
  const { image, plan } = sync
  const files = { image, fileCount: plan.copies.length + plan.deletions.length }
  context.emit({ type: 'syncStarted', ...files })
  for (let attempt = 1; ; attempt += 1) {
    try {
      await syncOne(context, sync)
      context.emit({ type: 'syncSucceeded', ...files })
      return true
    } catch (error) {
      context.signal.throwIfAborted()
      if (!isToolError(error)) throw error
      if (attempt === attempts) {
        context.emit({ type: 'syncFailed', ...files, message: error.message })
        context.emit({ type: 'warning', text: `${error.message}; the image is built instead` })
        return false
      }
      await sleep(200 * 2 ** attempt, undefined, { signal: context.signal })
    }
  }
}

async function syncOne(context: Context, sync: OneSync): Promise<void> {
  const { image, plan, artifact, config, built, pods } = sync
  const targets = targetsOf(pods, built.reference)
  const count = plan.copies.length + plan.deletions.length
  context.emit({ type: 'info', text: `Syncing ${count} files for ${built.reference}` })
  if (targets.length === 0) {
    context.emit({ type: 'warning', text: `no running container has the image ${image}: nothing was synchronized` })
    return
  }
  await runHooks(context, sync, artifact.sync?.hooks?.before)
  await applySync(await context.connect(), {
    plan,
    contextFolder: contextFolder(context, config, artifact),
    workingDir: needsWorkingDir(plan) ? await workingDirOf(context, built.reference) : '/',
    targets,
    signal: context.signal,
  })
  await runHooks(context, sync, artifact.sync?.hooks?.after)
}

function targetsOf(pods: readonly KubeObject[], reference: string): readonly SyncTarget[] {
  return pods.flatMap((pod) => {
    const { name, namespace = 'default' } = pod.metadata
    const running = list(valueAt(pod, ['status', 'containerStatuses'])).filter(
      ({ state }) => isMapping(state) && 'running' in state,
    )
    return list(valueAt(pod, ['spec', 'containers']))
      .filter(({ image, name: own }) => image === reference && running.some((status) => status['name'] === own))
      .map((container) => ({ namespace, pod: name, container: String(container['name']) }))
  })
}

function list(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? (value as readonly unknown[]).filter(isMapping) : []
}

function needsWorkingDir({ copies, deletions }: SyncPlan): boolean {
  return [...copies.map(({ destination }) => destination), ...deletions].some((path) => !path.startsWith('/'))
}

/** Of the image; all platforms of one index have the same, being built from one Dockerfile. */
async function workingDirOf({ registry, signal }: Context, text: string): Promise<string> {
  const client = await registry()
  let reference = parseReference(text)
  for (;;) {
    const { bytes, descriptor } = await client.getManifest(reference, signal)
    const parsed = parseManifest(bytes, descriptor.mediaType)
    if (parsed.kind === 'image') {
      const chunks: Uint8Array[] = []
      for await (const chunk of client.getBlob(reference, parsed.manifest.config, signal)) chunks.push(chunk)
      return parseConfig(Buffer.concat(chunks)).config?.WorkingDir ?? '/'
    }
    const [first] = parsed.index.manifests
    if (first === undefined) return '/'
    reference = withDigest(reference, first.digest)
  }
}

async function runHooks(context: Context, sync: OneSync, hooks: readonly SyncHook[] | undefined): Promise<void> {
  const { plan, artifact, config, built, pods } = sync
  const { sync: settings } = artifact
  const reference = parseReference(built.reference)
  await runDeployHooks(context, {
    hooks: hooks ?? [],
    name: hooks === settings?.hooks?.before ? 'pre-sync' : 'post-sync',
    folder: contextFolder(context, config, artifact),
    namespaces: [...new Set(pods.map(({ metadata }) => metadata.namespace ?? 'default'))],
    pods: () => Promise.resolve(pods),
    variables: {
      SKAFFOLD_IMAGE: built.reference,
      SKAFFOLD_BUILD_CONTEXT: contextFolder(context, config, artifact),
      SKAFFOLD_IMAGE_TAG: reference.tag ?? '',
      SKAFFOLD_FILES_ADDED_OR_MODIFIED: plan.copies.map(({ source }) => source).join(';'),
      SKAFFOLD_FILES_DELETED: plan.deletions.join(';'),
    },
    report: (text) => context.emit({ type: 'info', text }),
  })
}

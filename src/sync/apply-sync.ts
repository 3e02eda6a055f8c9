import { lstat, readlink } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { ToolError } from '../errors/index.ts'
import type { KubeClient } from '../kube/index.ts'
import { createLayer, fileContent, type LayerEntry } from '../layer/index.ts'
import type { SyncPlan, SyncTarget } from './contract.ts'

/** What is synchronized, and where. */
export interface SyncRequest {
  readonly plan: SyncPlan
  /** Absolute; sources start there. */
  readonly contextFolder: string
  /** Of the image; relative destinations start there. */
  readonly workingDir: string
  readonly targets: readonly SyncTarget[]
  readonly signal: AbortSignal
}

/**
 * Copies and deletes files in all targets at the same time: a tar stream into `tar`, and `rm`, which the images have to
 * have.
 * @throws SYNC_FAILED
 */
export async function applySync(client: KubeClient, request: SyncRequest): Promise<void> {
  const { plan, workingDir, targets } = request
  const entries = await entriesOf(request)
  const deletions = plan.deletions.map((path) => posix.resolve('/', workingDir, path))
  await Promise.all(
    targets.map(async (target) => {
      if (entries.length > 0) await copyInto(client, target, { ...request, entries })
      if (deletions.length > 0) await runIn(client, target, { command: ['rm', '-rf', '--', ...deletions], request })
    }),
  )
}

async function entriesOf({ plan, contextFolder, workingDir }: SyncRequest): Promise<readonly LayerEntry[]> {
  const byPath = new Map<string, LayerEntry>()
  for (const { source, destination } of plan.copies) {
    const path = posix.resolve('/', workingDir, destination).slice(1)
    byPath.set(path, await entryOf(join(contextFolder, source), path))
  }
  return [...byPath.values()]
}

async function entryOf(file: string, path: string): Promise<LayerEntry> {
  const stats = await lstat(file)
  const shared = { path, mode: stats.mode & 0o7777, uid: 0, gid: 0, mtimeSeconds: Math.floor(stats.mtimeMs / 1000) }
  if (stats.isSymbolicLink()) return { ...shared, kind: 'symlink', linkTarget: await readlink(file) }
  return { ...shared, kind: 'file', size: stats.size, open: () => fileContent(file) }
}

interface Copying extends SyncRequest {
  readonly entries: readonly LayerEntry[]
}

const plainTar = 'application/vnd.oci.image.layer.v1.tar'

async function copyInto(client: KubeClient, target: SyncTarget, copying: Copying): Promise<void> {
  const layer = await createLayer(copying.entries, { mediaType: plainTar, signal: copying.signal })
  // times are not kept: programs that watch for changes look at them
  const command = ['tar', 'xmf', '-', '-C', '/', '--no-same-owner']
  await runIn(client, target, { command, request: copying, stdin: layer.open() })
}

interface Running {
  readonly command: readonly string[]
  readonly request: Pick<SyncRequest, 'signal'>
  readonly stdin?: AsyncIterable<Uint8Array>
}

async function runIn(client: KubeClient, target: SyncTarget, { command, request, stdin }: Running): Promise<void> {
  const { namespace, pod, container } = target
  const said: Uint8Array[] = []
  const take = (chunk: Uint8Array): void => void said.push(chunk)
  const { exitCode } = await client.exec(
    { namespace, name: pod },
    {
      command,
      container,
      ...(stdin === undefined ? {} : { stdin }),
      onStdout: take,
      onStderr: take,
      signal: request.signal,
    },
  )
  if (exitCode === 0) return
  const text = Buffer.concat(said).toString('utf8').trim()
  throw new ToolError(
    'SYNC_FAILED',
    `${command[0]} exited with ${exitCode} in container ${container} of pod/${pod}: ${text}`,
    {
      hint: 'files can only be synchronized into images that have tar and rm, at places that their user may write',
    },
  )
}

import { resolve } from 'node:path'
import { runHostHooks } from '../build/index.ts'
import type { DeployHook, HostHook } from '../config/index.ts'
import { isToolError, ToolError } from '../errors/index.ts'
import type { KubeClient, KubeObject } from '../kube/index.ts'
import { isMapping, valueAt } from '../resource/index.ts'
import { compileGoPattern } from '../support/index.ts'
import type { Context } from './contract.ts'

/** Commands around a step, and what they are run with. */
export interface HookRun {
  readonly hooks: readonly DeployHook[]
  /** `pre-deploy`, as Skaffold's lines have it. */
  readonly name: string
  /** Where commands on this machine run that say nothing else. */
  readonly folder: string
  readonly namespaces: readonly string[]
  readonly variables?: Readonly<Record<string, string>>
  /** In whose containers commands run; absent: all pods of the namespaces. */
  readonly pods?: () => Promise<readonly KubeObject[]>
  readonly report: (text: string) => void
}

/**
 * Runs hooks one after the other, on this machine or in containers.
 * @throws DEPLOY_HOOK_FAILED, PROGRAM_MISSING
 */
export async function runDeployHooks(context: Context, run: HookRun): Promise<void> {
  if (run.hooks.length === 0) return
  run.report(`Starting ${run.name} hooks...`)
  for (const hook of run.hooks) {
    if (hook.host !== undefined) await runOnHost(context, hook.host, run)
    if (hook.container !== undefined) await runInContainers(context, hook.container, run)
  }
  run.report(`Completed ${run.name} hooks`)
}

/** What every hook of a deployment finds in its environment. */
async function hookVariables(
  context: Context,
  namespaces: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  return {
    SKAFFOLD_RUN_ID: context.runId,
    SKAFFOLD_WORK_DIR: context.cwd,
    SKAFFOLD_DEFAULT_REPO: context.defaultRepo ?? '',
    SKAFFOLD_KUBE_CONTEXT: (await context.kubeContext()) ?? '',
    SKAFFOLD_NAMESPACES: namespaces.join(','),
    SKAFFOLD_MULTI_LEVEL_REPO: String(context.globalSettings?.multiLevelRepo ?? false),
  }
}

async function runOnHost(context: Context, hook: HostHook, run: HookRun): Promise<void> {
  const { folder, report, name } = run
  const env = { ...context.env, ...(await hookVariables(context, run.namespaces)), ...run.variables }
  try {
    await runHostHooks([hook], {
      runProcess: context.runProcess,
      env,
      folder: resolve(context.cwd, folder),
      report,
      signal: context.signal,
    })
  } catch (error) {
    if (!isToolError(error, 'BUILD_HOOK_FAILED')) throw error
    const message = error.message.replace('the build hook', `the ${name} hook`)
    throw new ToolError('DEPLOY_HOOK_FAILED', message, { hint: 'correct the command, or take it out of `hooks`' })
  }
}

async function runInContainers(
  context: Context,
  { command, podName = '*', containerName = '*' }: NonNullable<DeployHook['container']>,
  run: HookRun,
): Promise<void> {
  const client = await context.connect()
  const pods = await (run.pods?.() ?? listPods(client, run.namespaces, context.signal))
  const [isPod, isContainer] = [namePattern(podName), namePattern(containerName)]
  const targets = pods
    .filter((pod) => isPod(pod.metadata.name) && valueAt(pod, ['status', 'phase']) === 'Running')
    .flatMap((pod) => containersOf(pod).map((container) => ({ pod, container })))
    .filter(({ container }) => isContainer(container))
  await Promise.all(
    targets.map(async (target) => runInOne(client, { ...target, command, run, signal: context.signal })),
  )
}

async function listPods(
  client: KubeClient,
  namespaces: readonly string[],
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  const lists = namespaces.map(async (namespace) =>
    client.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace, signal }),
  )
  return (await Promise.all(lists)).flat()
}

interface InContainer {
  readonly pod: KubeObject
  readonly container: string
  readonly command: readonly string[]
  readonly run: HookRun
  readonly signal: AbortSignal
}

async function runInOne(client: KubeClient, { pod, container, command, run, signal }: InContainer): Promise<void> {
  const { name, namespace = client.namespace } = pod.metadata
  const say = (chunk: Uint8Array): void => {
    const lines = Buffer.from(chunk).toString('utf8').trimEnd().split('\n')
    for (const line of lines) run.report(`[${name} ${container}] ${line}`)
  }
  const { exitCode } = await client.exec(
    { namespace, name },
    { command, container, onStdout: say, onStderr: say, signal },
  )
  if (exitCode === 0) return
  const where = `container ${container} of pod/${name}`
  throw new ToolError(
    'DEPLOY_HOOK_FAILED',
    `the ${run.name} hook "${command.join(' ')}" exited with ${exitCode} in ${where}`,
    {
      hint: 'correct the command, or take it out of `hooks`',
    },
  )
}

function containersOf(pod: KubeObject): readonly string[] {
  const containers = valueAt(pod, ['spec', 'containers'])
  return (Array.isArray(containers) ? (containers as readonly unknown[]) : []).flatMap((one) =>
    isMapping(one) && typeof one['name'] === 'string' ? [one['name']] : [],
  )
}

/** As Go's `path.Match` reads it; an empty pattern is every name. */
function namePattern(pattern: string): (name: string) => boolean {
  const isMatch = compileGoPattern(pattern === '' ? '*' : pattern)
  if (isMatch !== undefined) return isMatch
  const problem = `${JSON.stringify(pattern)} of a container hook is no pattern`
  throw new ToolError('DEPLOY_HOOK_FAILED', problem, { hint: 'end its class with "]", or put a backslash in front' })
}

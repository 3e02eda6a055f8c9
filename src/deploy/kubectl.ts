import { redact, ToolError } from '../errors/index.ts'
import type { Emit } from '../events/index.ts'
import { groupKind, resourceName, type ResourceObject } from '../resource/index.ts'
import type { RunProcess } from '../subprocess/index.ts'
import type { DeployedObject } from './deploy-resources.ts'
import { deployWaves } from './order.ts'

/** `deploy.kubectl.flags`. */
export interface KubectlFlags {
  readonly global?: readonly string[]
  readonly apply?: readonly string[]
  readonly delete?: readonly string[]
  readonly disableValidation?: boolean
}

/** What kubectl is run with. */
export interface KubectlCall {
  readonly runProcess: RunProcess
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly kubeContext?: string
  readonly kubeconfig?: string
  readonly namespace?: string
  readonly flags: KubectlFlags
  readonly emit: Emit
  readonly signal: AbortSignal
}

/**
 * Applies objects with the user's kubectl, as Skaffold does: `kubectl … apply FLAGS -f -`, definitions and namespaces in
 * a call of their own before the others. Emits `resourceApplied` for each.
 * @throws KUBE_FAILED with what kubectl says, PROGRAM_MISSING
 */
export async function applyWithKubectl(
  call: KubectlCall,
  { objects, force }: { readonly objects: readonly ResourceObject[]; readonly force: boolean },
): Promise<readonly DeployedObject[]> {
  const { global = [], apply = [], disableValidation = false } = call.flags
  const words = [
    'apply',
    ...global,
    ...apply,
    ...(disableValidation ? ['--validate=false'] : []),
    ...(force ? ['--force', '--grace-period=0'] : []),
  ]
  const deployed: DeployedObject[] = []
  for (const part of inOrder(objects)) {
    const lines = await run(call, words, part)
    for (const object of part) {
      const action = actionIn(lines, resourceName(object))
      call.emit({ type: 'resourceApplied', resource: resourceName(object), action })
      deployed.push({ ref: refOf(object, call.namespace), action })
    }
  }
  return deployed
}

/**
 * Deletes objects with the user's kubectl; those that are not there are left out. Emits `resourceDeleted` for each.
 * @returns what was deleted, as it is emitted: `deployment.apps "web"`
 * @throws KUBE_FAILED with what kubectl says, PROGRAM_MISSING
 */
export async function deleteWithKubectl(
  call: KubectlCall,
  objects: readonly ResourceObject[],
): Promise<readonly string[]> {
  const { global = [], delete: own = [] } = call.flags
  const words = ['delete', ...global, ...own, '--ignore-not-found=true', '--wait=false']
  const deleted: string[] = []
  for (const part of inOrder(objects).toReversed()) {
    const lines = await run(call, words, part.toReversed())
    deleted.push(...lines.flatMap((line) => /^(\S+ "[^"]+")(?: \w+)* deleted/.exec(line)?.[1] ?? []))
  }
  for (const resource of deleted) call.emit({ type: 'resourceDeleted', resource })
  return deleted
}

const first = new Set(['Namespace', 'CustomResourceDefinition.apiextensions.k8s.io'])

/** kubectl knows a new kind, or a new namespace, only in the call after. */
function inOrder(objects: readonly ResourceObject[]): readonly (readonly ResourceObject[])[] {
  const sorted = deployWaves(objects).flat()
  const parts = [true, false].map((isFirst) => sorted.filter((object) => first.has(groupKind(object)) === isFirst))
  return parts.filter((part) => part.length > 0)
}

async function run(
  { runProcess, env, cwd, kubeContext, kubeconfig, namespace, signal }: KubectlCall,
  words: readonly string[],
  objects: readonly ResourceObject[],
): Promise<readonly string[]> {
  const where = [
    ...(kubeContext === undefined ? [] : ['--context', kubeContext]),
    ...(namespace === undefined ? [] : ['--namespace', namespace]),
    ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]),
  ]
  // one after the other, as kubectl reads JSON: a List has no schema that it could validate with
  const input = objects.map((object) => JSON.stringify(object)).join('\n')
  const args = [...where, ...words, '-f', '-']
  const { status, stdout, stderr } = await runProcess({ command: 'kubectl', args, env, cwd, input, signal })
  signal.throwIfAborted()
  if (status === 0) return stdout.split('\n')
  const said = redact(stderr.trim().split('\n').slice(-5).join('\n'))
  throw new ToolError('KUBE_FAILED', `kubectl ${words[0] ?? ''} failed: ${said}`, {
    hint: 'correct the manifests, or deploy.kubectl.flags of skaffold.yaml',
  })
}

/** kubectl's lines: `deployment.apps/web created`, `… configured (dry run)`. */
function actionIn(lines: readonly string[], resource: string): DeployedObject['action'] {
  const line = lines.find((one) => one.startsWith(`${resource} `)) ?? ''
  if (/ (?:created|replaced)\b/.test(line)) return 'created'
  return / unchanged\b/.test(line) ? 'unchanged' : 'configured'
}

function refOf({ apiVersion, kind, metadata }: ResourceObject, namespace: string | undefined): DeployedObject['ref'] {
  const at = metadata.namespace ?? namespace
  return { apiVersion, kind, name: metadata.name, ...(at === undefined ? {} : { namespace: at }) }
}

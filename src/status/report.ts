import { ToolError } from '../errors/index.ts'
import type { Check, PodProblem } from './checks.ts'
import { labelOf } from './checks.ts'
import type { TroubleCause } from './diagnose-pod.ts'
import type { ExplainedProblem } from './explain.ts'

/** A check that will not become ready. */
export interface Failure {
  readonly check: Check
  readonly message: string
  readonly problems: readonly ExplainedProblem[]
  readonly isDeadline: boolean
}

const podLimit = 5

/** A workload's message and, under it, one line per pod and its last log lines, as Skaffold prints them. */
export function detailOf(
  message: string,
  problems: readonly (PodProblem & { readonly logs?: readonly string[] })[],
): string {
  const shown = problems
    .slice(0, podLimit)
    .flatMap(({ pod, trouble, logs = [] }) => [
      `    - ${labelOf({ kind: 'pod', ...pod })}: ${trouble.message}`,
      ...logs.map((line) => `      > [${pod.name} ${trouble.container ?? ''}] ${line}`),
    ])
  const hidden = problems.length - podLimit
  return [message, ...shown, ...(hidden > 0 ? [`    - and ${hidden} more pods`] : [])].join('\n')
}

/** What the whole check fails with. */
export function failureError(failures: readonly Failure[], total: number): ToolError {
  const isDeadline = failures.every((failure) => failure.isDeadline)
  const what = failures.map(({ check, message }) => `${check.label}: ${message}`).join('; ')
  const problem = failures.flatMap(({ problems }) => problems)[0]
  const hint = problem === undefined ? undefined : hintFor(problem)
  return new ToolError(
    isDeadline ? 'STATUS_DEADLINE' : 'STATUS_FAILED',
    `${failures.length}/${total} deployment(s) failed: ${what}`,
    hint === undefined ? {} : { hint },
  )
}

const hints: Readonly<Record<TroubleCause, (problem: PodProblem, at: string) => string>> = {
  noPlatform: ({ trouble }) =>
    `build ${trouble.image ?? 'the image'} for that platform too (--platform), or keep the pod away with node affinity for kubernetes.io/arch`,
  wrongProgram: ({ trouble }) =>
    `build ${trouble.image ?? 'the image'} for the node's platform (--platform), or keep the pod away with node affinity for kubernetes.io/arch`,
  imageUnauthorized: (_, at) =>
    `give the pod credentials for the registry with imagePullSecrets; see "kubectl describe ${at}"`,
  imagePull: () => 'check that the image was pushed to a registry that the nodes can reach',
  imageName: () => 'correct image and imagePullPolicy of the container',
  containerConfig: () => 'create the ConfigMap or Secret that the container refers to',
  crash: ({ trouble, pod }, at) =>
    trouble.message.includes('OOMKilled')
      ? `give container ${trouble.container ?? ''} more memory: resources.limits.memory`
      : `kubectl logs ${at} -c ${trouble.container ?? ''}${pod.restartPolicy === 'Never' ? '' : ' --previous'}`,
  exited: (_, at) => `kubectl logs ${at} --previous`,
  notReady: (_, at) => `check its readiness probe: kubectl describe ${at}`,
  unschedulable: ({ trouble }, at) => {
    const isArchitecture = /kubernetes\.io\/arch[^;]* excludes/.test(trouble.message)
    return isArchitecture
      ? `add a node of that architecture, or build the image for those that the cluster has (--platform): kubectl describe ${at}`
      : `add a node that fits, or relax the pod's rules: kubectl describe ${at}`
  },
  starting: (_, at) => `kubectl describe ${at}`,
  evicted: (_, at) => `kubectl describe ${at}`,
}

function hintFor(problem: PodProblem): string {
  const { name, namespace } = problem.pod
  return hints[problem.trouble.cause](problem, `pod/${name} -n ${namespace}`)
}

/** As Go prints durations: `10m0s`, `1h0m0s`, `4.5s`. */
export function goDuration(ms: number): string {
  const hours = Math.floor(ms / 3_600_000)
  const minutes = Math.floor((ms % 3_600_000) / 60_000)
  const seconds = `${Number(((ms % 60_000) / 1000).toFixed(3))}s`
  if (hours > 0) return `${hours}h${minutes}m${seconds}`
  return minutes > 0 ? `${minutes}m${seconds}` : seconds
}

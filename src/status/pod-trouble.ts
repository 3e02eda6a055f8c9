import type { KubeObject } from '../kube/index.ts'
import { diagnosePod, type PodTrouble } from './diagnose-pod.ts'
import { readPod } from './pod-facts.ts'

/** The first thing that keeps a pod from working, from its status alone; undefined when nothing does. */
export function podTrouble(pod: KubeObject): PodTrouble | undefined {
  const facts = readPod(pod)
  return facts === undefined ? undefined : diagnosePod(facts)
}

import { createHash } from 'node:crypto'
import { formatPlatform, type Platform } from '../../platform/index.ts'
import { timestamp } from '../objects.ts'
import type { NodeSpec } from './parse-node-specs.ts'

/** A node to be: its name, its platform and its object. */
export interface PlannedNode {
  readonly name: string
  readonly platform: Platform
  readonly object: object
}

/** The nodes of the specs, numbered by platform: `sandbox-amd64-1`, `sandbox-amd64-2`, `sandbox-arm64-1`. */
export function planNodes(specs: readonly NodeSpec[], now: Date): readonly PlannedNode[] {
  const numbers = new Map<string, number>()
  return specs.flatMap((spec) =>
    Array.from({ length: spec.count }, () => {
      const prefix = namePrefix(spec.platform)
      const number = (numbers.get(prefix) ?? 0) + 1
      numbers.set(prefix, number)
      const name = `${prefix}-${number}`
      return { name, platform: spec.platform, object: nodeObject({ name, spec, now }) }
    }),
  )
}

function namePrefix({ os, architecture, variant }: Platform): string {
  const parts = ['sandbox', ...(os === 'linux' ? [] : [os]), architecture, ...(variant === undefined ? [] : [variant])]
  return parts.join('-').toLowerCase().replaceAll('.', '-')
}

function nodeObject({ name, spec, now }: { name: string; spec: NodeSpec; now: Date }): object {
  const { os, architecture } = spec.platform
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: {
      name,
      labels: {
        'beta.kubernetes.io/arch': architecture,
        'beta.kubernetes.io/os': os,
        'kubernetes.io/arch': architecture,
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': os,
        ...spec.labels,
      },
      annotations: { 'sandbox.catamaran.dev/platform': formatPlatform(spec.platform) },
    },
    spec: spec.taints.length === 0 ? {} : { taints: spec.taints },
    status: {
      capacity: resources,
      allocatable: resources,
      conditions: nodeConditions(timestamp(now)),
      addresses: [
        { type: 'InternalIP', address: '127.0.0.1' },
        { type: 'Hostname', address: name },
      ],
      nodeInfo: nodeInfo(name, spec.platform),
      images: [],
    },
  }
}

const resources = { cpu: '4', 'ephemeral-storage': '100Gi', memory: '8Gi', pods: '110' }

function nodeInfo(name: string, { os, architecture }: Platform): object {
  const id = createHash('sha256').update(name).digest('hex').slice(0, 32)
  return {
    machineID: id,
    systemUUID: id,
    bootID: id,
    kernelVersion: 'sandbox',
    osImage: 'Catamaran sandbox',
    containerRuntimeVersion: 'sandbox://1',
    kubeletVersion: 'v1.36.2',
    kubeProxyVersion: '',
    operatingSystem: os,
    architecture,
  }
}

function nodeConditions(now: string): readonly object[] {
  const pressure = (type: string, reason: string, message: string): object =>
    condition({ type, reason, message, status: 'False' }, now)
  return [
    pressure('MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    pressure('DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    pressure('PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    condition(
      { type: 'Ready', reason: 'KubeletReady', message: 'kubelet is posting ready status', status: 'True' },
      now,
    ),
  ]
}

function condition(
  { type, status, reason, message }: { type: string; status: string; reason: string; message: string },
  now: string,
): object {
  return { type, status, lastHeartbeatTime: now, lastTransitionTime: now, reason, message }
}

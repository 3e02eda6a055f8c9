import { expect, test } from 'vitest'
import { securityViolation } from './pod-security.ts'

const container = (securityContext: object, name = 'c'): object => ({ name, image: 'x', securityContext })
const restricted = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
}

function violation(level: string, spec: object, more: Readonly<Record<string, string>> = {}): string | undefined {
  const labels = { 'pod-security.kubernetes.io/enforce': level, ...more }
  return securityViolation({ metadata: { labels } }, 'enforce', { ...spec })
}

test.each<[string, string, object, string]>([
  [
    'what a server said of a privileged pod',
    'baseline',
    { hostNetwork: true, containers: [container({ privileged: true })] },
    'host namespaces (hostNetwork=true), privileged (container "c" must not set securityContext.privileged=true)',
  ],
  [
    'what a server said of an ordinary one',
    'restricted',
    { containers: [container({})] },
    'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
  ],
  [
    'several containers',
    'restricted',
    {
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      initContainers: [container({ capabilities: { drop: ['ALL'] } }, 'i')],
      containers: [container({ capabilities: { drop: ['ALL'] } })],
    },
    'allowPrivilegeEscalation != false (containers "i", "c" must set securityContext.allowPrivilegeEscalation=false)',
  ],
  [
    'root',
    'restricted',
    { containers: [container({ ...restricted, runAsUser: 0 })] },
    'runAsUser=0 (container "c" must not set runAsUser=0)',
  ],
  [
    'volumes, ports and capabilities',
    'baseline',
    {
      containers: [{ ...container({ capabilities: { add: ['NET_ADMIN', 'CHOWN'] } }), ports: [{ hostPort: 80 }] }],
      volumes: [{ name: 'v', hostPath: { path: '/' } }],
    },
    'non-default capabilities (container "c" must not include "NET_ADMIN" in securityContext.capabilities.add), hostPath volumes (volume "v"), hostPort (container "c" uses hostPort 80)',
  ],
  [
    'a volume of the machine',
    'restricted',
    { containers: [container(restricted)], volumes: [{ name: 'v', hostPath: { path: '/' } }] },
    'restricted volume types (volume "v" uses restricted volume type "hostPath")',
  ],
])('%s', (_, level, spec, expected) => {
  expect(violation(level, spec)).toBe(`PodSecurity "${level}:latest": ${expected}`)
})

test('what is allowed, and by whom', () => {
  const privileged = { hostPID: true, containers: [container({ privileged: true })] }
  expect(violation('privileged', privileged)).toBeUndefined()
  expect(securityViolation(undefined, 'enforce', privileged)).toBeUndefined()
  expect(violation('baseline', { containers: [container({})] })).toBeUndefined()
  expect(violation('restricted', { containers: [container(restricted)] })).toBeUndefined()
  const version = { 'pod-security.kubernetes.io/enforce-version': 'v1.30' }
  expect(violation('baseline', { hostIPC: true, containers: [] }, version)).toBe(
    'PodSecurity "baseline:v1.30": host namespaces (hostIPC=true)',
  )
})

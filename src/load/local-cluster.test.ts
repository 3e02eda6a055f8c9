import { expect, test } from 'vitest'
import { ToolError } from '../errors/index.ts'
import { findLocalCluster, type ClusterWishes } from './local-cluster.ts'
import { parseHosting } from './local-registry.ts'

const signal = new AbortController().signal

/** minikube with one profile, or none that is installed. */
function outside(profile?: string): Parameters<typeof findLocalCluster>[2] {
  return {
    env: {},
    signal,
    runProcess: ({ command }) =>
      profile === undefined
        ? Promise.reject(new ToolError('PROGRAM_MISSING', command))
        : Promise.resolve({
            status: 0,
            signal: undefined,
            stderr: '',
            stdout: JSON.stringify({ valid: [{ Name: profile }] }),
          }),
  }
}

test.each<[string, Partial<ClusterWishes>, string]>([
  ['kind-dev', {}, 'kind dev'],
  ['dev@kind', {}, 'kind dev'],
  ['kind-dev', { hasRegistry: true }, 'kind dev'],
  ['kind-dev', { kindDisableLoad: true }, 'kind dev from a registry'],
  ['kind-dev', { k3dDisableLoad: true }, 'kind dev'],
  ['kind-dev', { localCluster: false }, 'none'],
  ['k3d-dev', {}, 'k3d dev'],
  ['k3d-dev', { k3dDisableLoad: true }, 'k3d dev from a registry'],
  ['minikube', { hasRegistry: true }, 'minikube minikube'],
  ['docker-desktop', {}, 'docker docker-desktop'],
  ['docker-for-desktop', {}, 'docker docker-for-desktop'],
  ['gke_project_zone_name', {}, 'none'],
  ['gke_project_zone_name', { localCluster: true }, 'docker gke_project_zone_name'],
  // not in Skaffold's list
  ['orbstack', {}, 'docker orbstack'],
  ['orbstack', { hasRegistry: true }, 'none'],
  ['orbstack', { hasRegistry: true, localCluster: true }, 'docker orbstack'],
  ['rancher-desktop', {}, 'docker rancher-desktop'],
  ['colima', {}, 'docker colima'],
  ['colima-work', {}, 'docker colima-work'],
  ['microk8s', {}, 'microk8s microk8s'],
  ['microk8s', { hasRegistry: true, localCluster: true }, 'microk8s microk8s'],
])('context %s with %j: %s', async (context, wishes, expected) => {
  const found = await findLocalCluster(context, { hasRegistry: false, ...wishes }, outside())
  const text =
    found === undefined ? 'none' : `${found.kind} ${found.name}${found.loadsImages ? '' : ' from a registry'}`
  expect(text).toBe(expected)
})

test('a profile of minikube may have any name', async () => {
  const wishes = { hasRegistry: true }
  expect(await findLocalCluster('work', wishes, outside('work'))).toMatchObject({ kind: 'minikube', name: 'work' })
  expect(await findLocalCluster('work', wishes, outside('other'))).toBeUndefined()
  expect(await findLocalCluster(undefined, wishes, outside('work'))).toBeUndefined()
})

test.each([
  ['host: "localhost:5001"\nhelp: "https://example.com"\n', { host: 'localhost:5001' }],
  [
    'host: localhost:5001\nhostFromContainerRuntime: registry:5000\nhostFromClusterNetwork: registry:5000\n',
    { host: 'localhost:5001', hostFromContainerRuntime: 'registry:5000' },
  ],
  ['host: a:1\nhostFromContainerRuntime: a:1\n', { host: 'a:1' }],
  ['host: ""', undefined],
  ['help: x', undefined],
  ['{', undefined],
  ['', undefined],
])('what a cluster says of its registry: %j', (text, expected) => {
  expect(parseHosting(text)).toEqual(expected)
})

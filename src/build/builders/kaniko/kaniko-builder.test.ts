import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestSandbox, type TestSandbox } from '../../../../test/support/sandbox.ts'
import { aToolBench, type ToolBench } from '../../../../test/support/tool-builds.ts'
import type { ClusterBuild, KanikoArtifact } from '../../../config/index.ts'
import { openKube, type KubeClient, type KubeObject } from '../../../kube/index.ts'
import { createRegistry } from '../../../registry/index.ts'
import { runProcess } from '../../../subprocess/index.ts'
import type { Builder } from '../../contract.ts'
import { openClusterSecrets } from '../cluster/cluster-secrets.ts'
import { createKanikoBuilder } from './kaniko-builder.ts'

const kaniko: KanikoArtifact = {
  kind: 'kaniko',
  dockerfile: 'Dockerfile',
  buildArgs: {},
  image: 'localhost:1/executor:1',
  initImage: 'localhost:1/busybox:1',
}

/** A cluster of amd64 alone. */
describe('a build that cannot run', () => {
  let sandbox: TestSandbox
  let client: KubeClient
  let bench: ToolBench

  beforeAll(async () => {
    sandbox = await startTestSandbox('linux/amd64')
    client = await openKube({ env: {}, runProcess, kubeconfig: sandbox.kubeconfigPath })
  }, 30_000)
  afterAll(async () => {
    await client.close()
    await sandbox.close()
  })
  beforeEach(async () => {
    bench = await aToolBench()
    await writeFile(join(bench.context, 'Dockerfile'), 'FROM scratch\n')
  })
  afterEach(async () => bench.close())

  /** Only what stands in a pod's conditions is looked at here. */
  function diagnose({ status }: KubeObject): ReturnType<Parameters<typeof createKanikoBuilder>[0]['diagnose']> {
    const said = /"message":"(0\/\d+ nodes[^"]*)"/.exec(JSON.stringify(status ?? ''))?.[1]
    return said === undefined ? undefined : { cause: 'unschedulable', message: said, isFatal: false }
  }

  async function builder(): Promise<Builder> {
    const connect = (): Promise<KubeClient> => Promise.resolve(client)
    return createKanikoBuilder({
      connect,
      registry: createRegistry({ env: {}, runProcess }),
      trust: { insecureRegistries: [] },
      secrets: openClusterSecrets({ connect, env: {}, cwd: bench.context }),
      workFolder: bench.workFolder,
      diagnose,
      patienceMs: 500,
    })
  }

  async function build(platform: string, cluster: ClusterBuild, settings = kaniko): Promise<unknown> {
    const artifact = { image: 'app', context: '.', builder: settings, cluster }
    return (await builder()).build(bench.request(settings, platform, { artifact }))
  }

  async function pods(): Promise<readonly string[]> {
    const found = await client.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace: '*' })
    return found.map(({ metadata }) => metadata.name)
  }

  test('for lack of a node says which platform the cluster lacks', async () => {
    await expect(build('linux/arm64', {})).rejects.toMatchObject({
      code: 'BUILD_NODE_MISSING',
      message: 'no node of the cluster is linux/arm64, so kaniko cannot build app for it',
    })
    expect(bench.events).toContainEqual(
      expect.objectContaining({ type: 'buildOutput', text: expect.stringContaining('0/1 nodes are available') }),
    )
    expect(await pods()).toEqual([])
  })

  test.each([
    ['there is a node of the platform', 'linux/amd64', { pool: 'other' }],
    ['a node is on its way', 'linux/arm64', {}],
  ])('is waited for while %s', async (_what, platform, nodeSelector) => {
    const coming = announceNodes(client)
    try {
      await expect(build(platform, { timeout: '1500ms', nodeSelector })).rejects.toMatchObject({
        code: 'BUILD_TIMEOUT',
        message: expect.stringMatching(/did not build app for \S+ within 1500ms, the last that it said: 0\/1 nodes/),
      })
    } finally {
      await coming.stop()
    }
    expect(await pods()).toEqual([])
  })

  test('for want of a volume tells what the cluster tells', async () => {
    const settings = { ...kaniko, cache: { hostPath: '/var/cache' } }
    await expect(build('linux/amd64', { timeout: '1500ms' }, settings)).rejects.toMatchObject({
      code: 'BUILD_TIMEOUT',
      message: expect.stringContaining('FailedMount: MountVolume.SetUp failed for volume "kaniko-cache"'),
    })
    expect(await pods()).toEqual([])
  })

  test('for a Dockerfile that is wrong makes nothing in the cluster', async () => {
    await writeFile(join(bench.context, 'Dockerfile'), 'FRM scratch\n')
    await expect(build('linux/amd64', { pullSecretPath: 'nowhere' })).rejects.toMatchObject({
      code: 'DOCKERFILE_INVALID',
    })
    expect(bench.events).toEqual([])
  })
})

/** What an autoscaler says about every pod. */
function announceNodes(client: KubeClient): { stop(): Promise<void> } {
  const controller = new AbortController()
  const { signal } = controller
  const announce = async (): Promise<void> => {
    for await (const event of client.watch({ apiVersion: 'v1', kind: 'Pod' }, { namespace: '*', signal })) {
      if (event.type !== 'ADDED') continue
      const { name, namespace = 'default', uid } = event.object.metadata
      await client.apply(
        {
          apiVersion: 'v1',
          kind: 'Event',
          metadata: { name: `${name}.1`, namespace },
          involvedObject: { kind: 'Pod', namespace, name, ...(uid === undefined ? {} : { uid }) },
          reason: 'TriggeredScaleUp',
          message: 'pod triggered scale-up',
          type: 'Normal',
        },
        { fieldManager: 'test' },
      )
    }
  }
  const running = announce().catch(() => {})
  return {
    async stop() {
      controller.abort()
      await running
    },
  }
}

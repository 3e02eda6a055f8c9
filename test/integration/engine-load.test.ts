import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createImage, type Image } from '../../src/image/index.ts'
import type { KubeClient } from '../../src/kube/index.ts'
import { createLayer, readTar } from '../../src/layer/index.ts'
import { createImageLoader, loadIntoEngine, type LoadOutside, type LocalCluster } from '../../src/load/index.ts'
import { runProcess } from '../../src/subprocess/index.ts'
import { ToolError } from '../../src/errors/index.ts'
import { fakePrograms, type FakePrograms } from '../support/fake-programs.ts'
import { aFile } from '../support/layers.ts'
import { describeWithTools, findTool, serviceAddress } from '../support/tools.ts'

/** Images loaded into clusters on this machine: the clusters' programs are stood in for, containerd and Docker are real. */

const signal = new AbortController().signal

async function anImage(changed: string): Promise<Image> {
  const base = await createLayer([aFile('base.txt', 'the same in all images\n'.repeat(1000))])
  const own = await createLayer([aFile('own.txt', changed)])
  return createImage({ config: { os: 'linux', architecture: 'amd64', config: { Cmd: ['/x'] } }, layers: [base, own] })
}

const idOf = (image: Image): string => image.manifest.config.digest.slice('sha256:'.length)

/** A cluster whose nodes have these images. */
function nodesWith(...lists: readonly (readonly string[])[]): () => Promise<KubeClient> {
  const nodes = lists.map((names) => ({ metadata: { name: 'n' }, status: { images: [{ names }] } }))
  return () => Promise.resolve({ list: () => Promise.resolve(nodes) } as unknown as KubeClient)
}

describeWithTools('images for nodes with containerd', ['containerd', 'ctr'], (run) => {
  const namespace = `catamaran-${process.pid}`
  let programs: FakePrograms
  const ctr = async (...args: readonly string[]): Promise<string> =>
    (await run('ctr', ['--address', serviceAddress('containerd'), '--namespace', namespace, ...args])).stdout

  /** Whatever is called on a node is called in the real containerd; what it is sent is kept. */
  const onNode = (at: number): string => `
const { spawnSync } = process.getBuiltinModule('node:child_process')
const own = args.slice(${at}).filter((one) => one !== '--namespace=k8s.io')
const input = own.includes('import') ? fs.readFileSync(0) : undefined
if (input) fs.writeFileSync(path.join(${JSON.stringify('PLACE')}, 'sent.tar'), input)
const all = ['--address', ${JSON.stringify(serviceAddress('containerd'))}, '--namespace', ${JSON.stringify(namespace)}, ...own]
const { status, stdout, stderr } = spawnSync(${JSON.stringify(findTool('ctr') ?? '')}, all, { input })
process.stdout.write(stdout), process.stderr.write(stderr), process.exitCode = status`

  const clusters: readonly (Pick<LocalCluster, 'kind' | 'name'> & {
    readonly programs: Readonly<Record<string, string>>
  })[] = [
    {
      kind: 'kind',
      name: 'dev',
      programs: {
        kind: `if (args.join(' ') === 'get nodes --name dev') console.log('dev-external-load-balancer\\ndev-control-plane')
else process.exitCode = 1`,
        docker: `if (args.slice(0, 4).join(' ') !== 'exec --interactive dev-control-plane ctr') throw new Error(args.join(' '))${onNode(4)}`,
      },
    },
    {
      kind: 'k3d',
      name: 'dev',
      programs: {
        k3d: `console.log(JSON.stringify([{ name: 'k3d-dev-serverlb', role: 'loadbalancer' }, { name: 'k3d-dev-server-0', role: 'server' }, { name: 'k3d-other-server-0', role: 'server' }]))`,
        docker: `if (args.slice(0, 4).join(' ') !== 'exec --interactive k3d-dev-server-0 ctr') throw new Error(args.join(' '))${onNode(4)}`,
      },
    },
    { kind: 'microk8s', name: 'microk8s', programs: { microk8s: onNode(1) } },
  ]

  afterEach(async () => {
    await programs.close()
    const names = (await ctr('images', 'ls', '--quiet')).split('\n').filter((name) => name !== '')
    if (names.length > 0) await ctr('images', 'rm', '--sync', ...names)
    await run('ctr', ['--address', serviceAddress('containerd'), 'namespaces', 'rm', namespace])
  })

  test.each(clusters)(
    '$kind: the second image comes without the layers of the first',
    async ({ programs: bodies, ...cluster }) => {
      programs = await fakePrograms({})
      const place = programs.folder
      const withPlace = Object.entries(bodies).map(([name, body]) => [
        name,
        body.replaceAll('"PLACE"', JSON.stringify(place)),
      ])
      const own = await fakePrograms(Object.fromEntries(withPlace) as Record<string, string>)
      const outside: LoadOutside = { runProcess, env: own.env, signal }
      const load = async (image: Image): Promise<readonly string[]> => {
        const loader = createImageLoader(cluster, { ...outside, connect: nodesWith(['docker.io/library/other:1']) })
        expect(await loader.load({ reference: `app:${idOf(image)}`, image })).toBe('Loaded')
        return blobsIn(`${place}/sent.tar`)
      }
      try {
        const [first, second] = [await anImage('first'), await anImage('second')]
        expect(await load(first)).toEqual(digestsOf(first))
        expect(await load(second)).toEqual(
          digestsOf(second).filter((digest) => digest !== first.layers[0]?.descriptor.digest),
        )
        for (const image of [first, second]) {
          const name = `docker.io/library/app:${idOf(image)}`
          expect(await ctr('images', 'ls', `name==${name}`)).toContain(image.descriptor.digest)
          expect(await ctr('images', 'check', `name==${name}`)).toMatch(/complete \(3\/3\).* true/)
        }
        // nothing but the fast way was gone
        expect((await own.calls()).filter(({ args }) => args[0] === 'load' || args[0] === 'image')).toEqual([])
      } finally {
        await own.close()
      }
    },
  )
})

describeWithTools('images for an engine of Docker', ['engine', 'docker'], (run) => {
  const reference = (image: Image): string => `loaded-${process.pid}:${idOf(image)}`
  const images: Image[] = []
  beforeEach(async () => {
    images.splice(0, images.length, await anImage('one'), await anImage('two'))
  })
  afterEach(async () => {
    await run('docker', ['rmi', ...images.map(reference), `loaded-${process.pid}:v1`]).catch(() => undefined)
  })

  test('have all their names and can be saved whole, with or without the layers of older ones', async () => {
    const env = { ...process.env } as Record<string, string>
    for (const image of images) {
      await loadIntoEngine({ reference: reference(image), image }, { runProcess, env, signal }, [
        `loaded-${process.pid}:v1`,
      ])
      for (const name of [reference(image), `loaded-${process.pid}:v1`]) {
        const layers = await run('docker', ['image', 'inspect', '--format', '{{json .RootFS.Layers}}', name])
        expect(JSON.parse(layers.stdout)).toEqual(image.layers.map(({ diffId }) => diffId))
      }
      const folder = `${process.env['TMPDIR'] ?? '/tmp'}/saved-${process.pid}.tar`
      await run('docker', ['save', '--output', folder, reference(image)])
      // the old store keeps layers as they are unpacked
      const blobs = await blobsIn(folder)
      for (const { descriptor, diffId } of image.layers) {
        expect(blobs.includes(descriptor.digest) || blobs.includes(diffId)).toBe(true)
      }
      await rm(folder)
    }
  })
})

describeWithTools('images for minikube', ['engine', 'docker'], (run) => {
  const name = `minikube-${process.pid}`

  test('go into its Docker engine, wherever that is', async () => {
    const image = await anImage(name)
    const programs = await fakePrograms({
      minikube: `if (args[0] !== 'docker-env') process.exitCode = 1
else console.log('DOCKER_HOST=${serviceAddress('engine')}\\nMINIKUBE_ACTIVE_DOCKERD=minikube')`,
    })
    try {
      const env = { PATH: `${programs.folder}:${dirname(findTool('docker') ?? '')}`, DOCKER_HOST: 'tcp://127.0.0.1:1' }
      const loader = createImageLoader(
        { kind: 'minikube', name: 'dev' },
        { runProcess, env, signal, connect: nodesWith([]) },
      )
      expect(loader.title).toBe('minikube')
      expect(await loader.load({ reference: `${name}:1`, image })).toBe('Loaded')
      expect((await run('docker', ['image', 'inspect', '--format', '{{.Architecture}}', `${name}:1`])).stdout).toBe(
        'amd64\n',
      )
      expect((await programs.calls())[0]?.args.join(' ')).toBe('docker-env --shell none --profile dev --user skaffold')
    } finally {
      await programs.close()
      await run('docker', ['rmi', `${name}:1`])
    }
  })
})

test('minikube with another runtime takes an archive', async () => {
  const programs = await fakePrograms({
    minikube: `if (args[0] === 'docker-env') process.exitCode = 85
else fs.copyFileSync(args.at(-1), path.join(path.dirname(process.argv[1]), 'taken.tar'))`,
  })
  try {
    const image = await anImage('minikube')
    const parts = { runProcess, env: programs.env, signal, connect: nodesWith([]) }
    await createImageLoader({ kind: 'minikube', name: 'dev' }, parts).load({ reference: 'app:1', image })
    expect(await blobsIn(`${programs.folder}/taken.tar`)).toEqual(digestsOf(image))
    const [, load] = await programs.calls()
    expect(load?.args.slice(0, 4)).toEqual(['image', 'load', '--profile', 'dev'])
  } finally {
    await programs.close()
  }
})

test.each([
  ['on all nodes', [['docker.io/library/app:1'], ['docker.io/library/app:1', 'x']], 'Found'],
  ['on one node of two', [['docker.io/library/app:1'], ['x']], 'failed'],
  ['nowhere', [[]], 'failed'],
])('an image that is %s', async (_, lists, outcome) => {
  const programs = await fakePrograms({ kind: 'console.error("no nodes found"), process.exitCode = 1' })
  try {
    const outside = { runProcess, env: programs.env, signal, connect: nodesWith(...lists) }
    const loading = createImageLoader({ kind: 'kind', name: 'dev' }, outside).load({ reference: 'app:1' })
    expect(await loading.catch((error: unknown) => (error instanceof ToolError ? 'failed' : error))).toBe(outcome)
    if (outcome === 'Found') return
    await expect(loading).rejects.toMatchObject({ code: 'IMAGE_LOAD_FAILED' })
    await expect(loading).rejects.toThrow(
      'unable to load image "app:1" into the cluster: kind load docker-image: no nodes found',
    )
    expect((await programs.calls()).map(({ args }) => args.join(' '))).toEqual(['load docker-image --name dev app:1'])
  } finally {
    await programs.close()
  }
})

function digestsOf(image: Image): readonly string[] {
  return [image.descriptor, image.manifest.config, ...image.layers.map(({ descriptor }) => descriptor)]
    .map(({ digest }) => digest)
    .toSorted()
}

async function blobsIn(path: string): Promise<readonly string[]> {
  const { createReadStream } = await import('node:fs')
  const found: string[] = []
  for await (const entry of readTar(createReadStream(path))) {
    const [, digest] = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(entry.path) ?? []
    if (digest !== undefined) found.push(`sha256:${digest}`)
  }
  return found.toSorted()
}

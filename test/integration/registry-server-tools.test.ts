import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { digestOf, mediaTypes, type Descriptor } from '../../src/image/index.ts'
import { createFileStore, createMemoryStore } from '../../src/registry-server/index.ts'
import {
  makeManifest,
  newBytes,
  newRepository,
  pushBlob,
  putManifest,
  serveRegistry,
  type ServedRegistry,
} from '../support/registry-server.ts'
import { describeWithTools, serviceAddress, type RunTool } from '../support/tools.ts'

const { oci } = mediaTypes
let folder = ''
let registry: ServedRegistry
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'registry-tools-'))
  registry = await serveRegistry(createFileStore(join(folder, 'store')))
})
afterAll(async () => {
  await registry.close()
  await rm(folder, { recursive: true, force: true })
})

/** What a tag is on, as any client sees it. */
async function digestAt(reference: string): Promise<string> {
  const [name, tag] = reference.split(':')
  const answer = await registry.call('GET', `/v2/${name}/manifests/${tag}`)
  expect(answer.status).toBe(200)
  expect(answer.headers.get('docker-content-digest')).toBe(digestOf(answer.bytes))
  return digestOf(answer.bytes)
}

/** A tar of one file with bytes that nobody has. */
function newTar(size: number): Buffer {
  const header = Buffer.alloc(512)
  const fields = { 0: 'file', 100: '0000644\0', 108: '0000000\0', 116: '0000000\0', 136: '00000000000\0', 156: '0' }
  for (const [at, text] of Object.entries(fields)) header.write(text, Number(at), 'latin1')
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1')
  header.write('ustar\x0000', 257, 'latin1')
  header.fill(' ', 148, 156)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return Buffer.concat([header, newBytes(size), Buffer.alloc((512 - (size % 512)) % 512), Buffer.alloc(1024)])
}

/** An index of two platforms, one of them with a layer of 3 MB. */
async function pushIndex(name: string, tag: string): Promise<string> {
  const manifests: object[] = []
  for (const [architecture, size] of [
    ['amd64', 3_000_000],
    ['arm64', 1000],
  ] as const) {
    const tar = newTar(size)
    const rootfs = { type: 'layers', diff_ids: [digestOf(tar)] }
    const config = Buffer.from(JSON.stringify({ os: 'linux', architecture, config: {}, rootfs }))
    const document = await makeManifest(registry, name, {
      config: await pushBlob(registry, name, config, { mediaType: oci.config }),
      layers: [await pushBlob(registry, name, gzipSync(tar), { mediaType: oci.layerGzip })],
    })
    const { digest, sent } = await putManifest(registry, name, document)
    manifests.push({ mediaType: oci.manifest, digest, size: sent.length, platform: { os: 'linux', architecture } })
  }
  const index = { schemaVersion: 2, mediaType: oci.index, manifests }
  return (await putManifest(registry, name, index, { reference: tag })).digest
}

async function makeContext(): Promise<string> {
  const context = await mkdtemp(join(folder, 'context-'))
  await writeFile(join(context, 'Dockerfile'), 'FROM scratch\nARG TARGETARCH\nCOPY $TARGETARCH /program\nENV A=b\n')
  for (const architecture of ['amd64', 'arm64']) await writeFile(join(context, architecture), newBytes(100_000))
  return context
}

describeWithTools('crane', ['crane'], (run) => {
  test('copies, tags, lists and deletes; the digest stays', async () => {
    const [from, to] = [newRepository(), newRepository()]
    const digest = await pushIndex(from, 'v1')
    await run('crane', ['copy', `${registry.host}/${from}:v1`, `${registry.host}/${to}:copied`])
    expect(await digestAt(`${to}:copied`)).toBe(digest)
    expect((await run('crane', ['digest', `${registry.host}/${to}:copied`])).stdout.trim()).toBe(digest)
    await run('crane', ['validate', '--remote', `${registry.host}/${to}:copied`])
    await run('crane', ['tag', `${registry.host}/${to}:copied`, 'again'])
    expect((await run('crane', ['ls', `${registry.host}/${to}`])).stdout.trim().split('\n')).toEqual([
      'again',
      'copied',
    ])
    expect((await run('crane', ['catalog', registry.host])).stdout.split('\n')).toEqual(
      expect.arrayContaining([from, to]),
    )
    await run('crane', ['delete', `${registry.host}/${to}@${digest}`])
    expect((await registry.call('HEAD', `/v2/${to}/manifests/again`)).status).toBe(404)
    expect(await digestAt(`${from}:v1`)).toBe(digest)
  })

  test('pushes what it pulled', async () => {
    const [from, to] = [newRepository(), newRepository()]
    const digest = await pushIndex(from, 'v1')
    const layout = join(folder, 'crane-layout')
    await run('crane', ['pull', '--format=oci', `${registry.host}/${from}:v1`, layout])
    await run('crane', ['push', '--index', layout, `${registry.host}/${to}:v1`])
    // what crane pushes is the layout's own index, with the one that it pulled inside
    const pushed = (await registry.call('GET', `/v2/${to}/manifests/v1`)).json() as { manifests: readonly Descriptor[] }
    expect(pushed.manifests.map((entry) => entry.digest)).toEqual([digest])
    await run('crane', ['validate', '--remote', `${registry.host}/${to}@${digest}`])
  })

  test('streams layers whose length it does not know', async () => {
    const name = newRepository()
    await writeFile(join(folder, 'layer.tar'), newBytes(2_000_000))
    await run('crane', ['append', '-f', join(folder, 'layer.tar'), '-t', `${registry.host}/${name}:v1`])
    await run('crane', ['manifest', `${registry.host}/${name}:v1`])
    const { layers } = (await registry.call('GET', `/v2/${name}/manifests/v1`)).json() as { layers: Descriptor[] }
    expect((await registry.call('HEAD', `/v2/${name}/blobs/${layers[0]?.digest ?? ''}`)).status).toBe(200)
  })
})

describeWithTools('crane and docker-registry', ['crane', 'registry'], (run) => {
  test('copies to a real registry and back', async () => {
    const [name, real] = [newRepository(), serviceAddress('registry')]
    const digest = await pushIndex(name, 'v1')
    await run('crane', ['copy', `${registry.host}/${name}:v1`, `${real}/${name}:v1`])
    await run('crane', ['copy', `${real}/${name}:v1`, `${registry.host}/${name}/back:v1`])
    expect(await digestAt(`${name}/back:v1`)).toBe(digest)
  })
})

describeWithTools('skopeo', ['skopeo'], (run) => {
  const skopeo = async (...args: readonly string[]): Promise<string> =>
    (await run('skopeo', ['--insecure-policy', ...args])).stdout
  const copy = ['copy', '--all', '--src-tls-verify=false', '--dest-tls-verify=false']

  test('copies an index out and in, lists and deletes', async () => {
    const [from, to] = [newRepository(), newRepository()]
    const digest = await pushIndex(from, 'v1')
    await skopeo(...copy, `docker://${registry.host}/${from}:v1`, `oci:${folder}/skopeo:v1`)
    await skopeo(...copy, `oci:${folder}/skopeo:v1`, `docker://${registry.host}/${to}:v1`)
    expect(await digestAt(`${to}:v1`)).toBe(digest)
    const tags = await skopeo('list-tags', '--tls-verify=false', `docker://${registry.host}/${to}`)
    expect(JSON.parse(tags)).toMatchObject({ Tags: ['v1'] })
    const inspected = await skopeo('inspect', '--tls-verify=false', `docker://${registry.host}/${to}:v1`)
    expect(JSON.parse(inspected)).toMatchObject({ Digest: digest, Architecture: 'amd64' })
    await skopeo('delete', '--tls-verify=false', `docker://${registry.host}/${to}:v1`)
    expect((await registry.call('HEAD', `/v2/${to}/manifests/v1`)).status).toBe(404)
  })

  test('reads the folder of the store as an OCI layout', async () => {
    const name = newRepository()
    const digest = await pushIndex(name, 'v1')
    const raw = await skopeo('inspect', '--raw', `oci:${folder}/store:${name}:v1`)
    expect(digestOf(Buffer.from(raw))).toBe(digest)
    await skopeo(...copy, `oci:${folder}/store:${name}:v1`, `docker://${registry.host}/${name}/from-layout:v1`)
    expect(await digestAt(`${name}/from-layout:v1`)).toBe(digest)
  })
})

describeWithTools('podman', ['podman'], (run) => {
  const podman = async (...args: readonly string[]): Promise<string> => {
    const own = ['--root', join(folder, 'podman'), '--runroot', join(folder, 'podman-run'), '--storage-driver=vfs']
    return (await run('podman', [...own, ...args])).stdout.trim()
  }
  const insecure = '--tls-verify=false'

  test('pulls, pushes and stitches', async () => {
    const [from, to] = [newRepository(), newRepository()]
    await pushIndex(from, 'v1')
    const images: string[] = []
    for (const architecture of ['amd64', 'arm64']) {
      const name = `${registry.host}/${to}:${architecture}`
      await podman('pull', insecure, '--quiet', '--arch', architecture, `${registry.host}/${from}:v1`)
      await podman('tag', `${registry.host}/${from}:v1`, name)
      await podman('push', insecure, '--quiet', name)
      images.push(name)
    }
    await podman('manifest', 'create', 'list')
    for (const name of images) await podman('manifest', 'add', insecure, 'list', `docker://${name}`)
    await podman('manifest', 'push', insecure, '--quiet', '--all', 'list', `docker://${registry.host}/${to}:v1`)
    const { manifests } = (await registry.call('GET', `/v2/${to}/manifests/v1`)).json() as {
      manifests: readonly Descriptor[]
    }
    expect(new Set(manifests.map(({ platform }) => platform?.architecture))).toEqual(new Set(['amd64', 'arm64']))
    await podman('rmi', '--all', '--force')
    await podman('pull', insecure, '--quiet', `${registry.host}/${to}@${manifests[0]?.digest ?? ''}`)
  })
})

describeWithTools('oras', ['oras'], (run) => {
  test('pushes, attaches, finds and pulls artifacts', async () => {
    const [name, other] = [newRepository(), newRepository()]
    const at = `${registry.host}/${name}`
    await writeFile(join(folder, 'note.txt'), 'hello')
    const oras = async (...args: readonly string[]): Promise<string> =>
      (await run('oras', args, { cwd: folder })).stdout
    await oras('push', '--plain-http', '--artifact-type', 'application/vnd.example', `${at}:v1`, 'note.txt')
    await oras('attach', '--plain-http', '--artifact-type', 'application/vnd.signature', `${at}:v1`, 'note.txt')
    const found = JSON.parse(await oras('discover', '--plain-http', '--format', 'json', `${at}:v1`)) as {
      referrers: readonly { artifactType: string; digest: string }[]
    }
    expect(found.referrers.map(({ artifactType }) => artifactType)).toEqual(['application/vnd.signature'])
    // the referrers API was used, not the tag that stands in for it
    expect((await registry.call('GET', `/v2/${name}/tags/list`)).json().tags).toEqual(['v1'])
    await oras('copy', '-r', '--from-plain-http', '--to-plain-http', `${at}:v1`, `${registry.host}/${other}:v1`)
    expect(await digestAt(`${other}:v1`)).toBe(await digestAt(`${name}:v1`))
    const referrer = found.referrers[0]?.digest ?? ''
    expect((await registry.call('HEAD', `/v2/${other}/manifests/${referrer}`)).status).toBe(200)
    await mkdir(join(folder, 'pulled'))
    await oras('pull', '--plain-http', '-o', 'pulled', `${registry.host}/${other}:v1`)
    await oras('manifest', 'delete', '--plain-http', '-f', `${at}@${referrer}`)
    await oras('blob', 'push', '--plain-http', at, 'note.txt')
    expect(await oras('blob', 'fetch', '--plain-http', '-o', '-', `${at}@${digestOf(Buffer.from('hello'))}`)).toBe(
      'hello',
    )
  })
})

describeWithTools('docker and buildx', ['docker', 'engine'], (run) => {
  test.each(['true', 'false'])('builds for two platforms and pushes, attestations: %s', async (provenance) => {
    const name = newRepository()
    const reference = `${registry.host}/${name}:v1`
    const platforms = ['--platform', 'linux/amd64,linux/arm64', `--provenance=${provenance}`]
    await run('docker', ['buildx', 'build', ...platforms, '-t', reference, '--push', await makeContext()])
    const digest = await digestAt(`${name}:v1`)
    const { stdout } = await run('docker', ['buildx', 'imagetools', 'inspect', '--raw', reference])
    const index = JSON.parse(stdout) as { manifests: readonly Descriptor[] }
    expect(index.manifests).toHaveLength(provenance === 'true' ? 4 : 2)
    expect(digestOf(Buffer.from(stdout))).toBe(digest)
    await run('docker', ['buildx', 'imagetools', 'create', '-t', `${registry.host}/${name}/copy:v1`, reference])
    expect(await digestAt(`${name}/copy:v1`)).toBe(digest)
    await run('docker', ['pull', '--platform', 'linux/arm64', reference])
    const inspected = await run('docker', ['image', 'inspect', '--format', '{{json .RepoDigests}}', reference])
    expect(inspected.stdout).toContain(digest)
    await run('docker', ['image', 'rm', reference])
  })

  test('pushes what it pulled', async () => {
    const [from, to] = [newRepository(), newRepository()]
    await run('docker', [
      'build',
      '--provenance=false',
      '-t',
      `${registry.host}/${from}:v1`,
      '--push',
      await makeContext(),
    ])
    await run('docker', ['pull', `${registry.host}/${from}:v1`])
    await run('docker', ['tag', `${registry.host}/${from}:v1`, `${registry.host}/${to}:v1`])
    await run('docker', ['push', `${registry.host}/${to}:v1`])
    expect(await digestAt(`${to}:v1`)).toBe(await digestAt(`${from}:v1`))
    await run('docker', ['image', 'rm', `${registry.host}/${from}:v1`, `${registry.host}/${to}:v1`])
  })
})

describeWithTools('containerd', ['ctr', 'containerd'], (run) => {
  test('pulls and pushes all platforms', async () => {
    const [from, to] = [newRepository(), newRepository()]
    const digest = await pushIndex(from, 'v1')
    const ctr = async (...args: readonly string[]): Promise<unknown> =>
      run('ctr', ['-a', serviceAddress('containerd'), '-n', 'registry-test', ...args])
    const [source, target] = [`${registry.host}/${from}:v1`, `${registry.host}/${to}:v1`]
    await ctr('content', 'fetch', '--plain-http', '--all-platforms', source)
    await ctr('images', 'tag', source, target)
    await ctr('images', 'push', '--plain-http', target)
    expect(await digestAt(`${to}:v1`)).toBe(digest)
    await ctr('images', 'rm', '--sync', source, target)
  })
})

describeWithTools('buildah', ['buildah'], (run) => {
  test('builds for two platforms, pushes, and pulls', async () => {
    const [name, context] = [newRepository(), await makeContext()]
    const policy = join(folder, 'policy.json')
    await writeFile(policy, JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }))
    const storage = [
      '--root',
      join(folder, 'buildah'),
      '--runroot',
      join(folder, 'buildah-run'),
      '--storage-driver',
      'vfs',
    ]
    const buildah: (...args: readonly string[]) => ReturnType<RunTool> = async (...args) =>
      run('buildah', [...storage, ...args])
    const secure = ['--tls-verify=false', '--signature-policy', policy]
    await buildah('bud', ...secure, '--platform', 'linux/amd64,linux/arm64', '--manifest', 'app', context)
    await buildah(
      'manifest',
      'push',
      ...secure,
      '--all',
      '--format',
      'oci',
      'app',
      `docker://${registry.host}/${name}:v1`,
    )
    const index = (await registry.call('GET', `/v2/${name}/manifests/v1`)).json() as {
      manifests: readonly Descriptor[]
    }
    expect(new Set(index.manifests.map(({ platform }) => platform?.architecture))).toEqual(new Set(['amd64', 'arm64']))
    await buildah('pull', ...secure, '--arch', 'arm64', `${registry.host}/${name}:v1`)
    const { stdout } = await buildah('inspect', '--type', 'image', `${registry.host}/${name}:v1`)
    const arm64 = index.manifests.find(({ platform }) => platform?.architecture === 'arm64')
    expect(JSON.parse(stdout)).toMatchObject({ FromImageDigest: arm64?.digest })
    await buildah('rmi', '--all', '--force')
  })
})

describeWithTools('a store in memory', ['crane', 'skopeo'], (run) => {
  test('takes an index from one tool and gives it to another', async () => {
    const name = newRepository()
    const digest = await pushIndex(name, 'v1')
    const memory = await serveRegistry(createMemoryStore())
    try {
      await run('crane', ['copy', `${registry.host}/${name}:v1`, `${memory.host}/${name}:v1`])
      const source = `docker://${memory.host}/${name}:v1`
      const args = ['--insecure-policy', 'copy', '--all', '--src-tls-verify=false']
      await run('skopeo', [...args, source, `oci:${folder}/memory:v1`])
      const raw = await run('skopeo', ['inspect', '--raw', `oci:${folder}/memory:v1`])
      expect(digestOf(Buffer.from(raw.stdout))).toBe(digest)
    } finally {
      await memory.close()
    }
  })
})

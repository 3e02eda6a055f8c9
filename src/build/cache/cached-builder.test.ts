import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DockerArtifact } from '../../config/index.ts'
import type { Event } from '../../events/index.ts'
import { digestOf, mediaTypes, type Image } from '../../image/index.ts'
import { ToolError } from '../../errors/index.ts'
import { formatPlatform, type Platform } from '../../platform/index.ts'
import { parseReference } from '../../reference/index.ts'
import type { Registry } from '../../registry/index.ts'
import { publishImages } from '../../transfer/index.ts'
import { openFileDigests } from '../../workspace/index.ts'
import {
  aBaseImage,
  aStockedRegistry,
  linux,
  writeContext,
  type StockedRegistry,
} from '../../../test/support/native-build.ts'
import { pieces } from '../../../test/support/layers.ts'
import { buildPlatforms } from '../build-platforms.ts'
import { inspectBases } from '../builders/native/image-store.ts'
import { createNativeBuilder } from '../builders/native/native-builder.ts'
import type { Builder, BuildRequest, BuildResult, ParentImage } from '../contract.ts'
import { openArtifactRecords } from './artifact-records.ts'
import { cacheBuilder } from './cached-builder.ts'

let root = ''
let folder = ''
let stocked: StockedRegistry

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'catamaran-artifacts-'))
  folder = join(root, 'project')
  mkdirSync(join(folder, 'bin'), { recursive: true })
  mkdirSync(join(root, 'work'))
  stocked = await aStockedRegistry()
})

afterEach(async () => {
  await stocked.close()
  rmSync(root, { recursive: true, force: true })
})

const amd64 = linux('amd64')
const arm64 = linux('arm64')

interface Call {
  readonly platforms?: readonly Platform[]
  readonly name?: string
  readonly push?: boolean
  readonly docker?: Partial<DockerArtifact>
  readonly parents?: readonly ParentImage[]
}

interface Outcome {
  /** Platforms that were built, in order. */
  readonly built: readonly string[]
  readonly digest: string
  readonly events: readonly Event[]
}

interface Machine {
  readonly host?: Platform
  readonly env?: Readonly<Record<string, string>>
  readonly records?: string
  readonly registry?: Registry
  /** Stands for the builder that scripts have. */
  readonly pushesItself?: boolean
  /** Says of each image how it was made. */
  readonly attests?: boolean
  /** What Docker's engine has; absent: there is none. */
  readonly engine?: readonly string[]
}

/** One call of the tool on a machine: a new builder, find, then build if need be, then the push. */
async function run(call: Call = {}, machine: Machine = {}): Promise<Outcome> {
  const { host = amd64, env = {}, registry = stocked.registry, records = join(root, 'cache') } = machine
  const built: string[] = []
  const bases = inspectBases(registry, { host })
  const native = createNativeBuilder({ registry, workFolder: join(root, 'work'), env, host, bases })
  const local = machine.attests === true ? attesting(native) : native
  const inner = counting(machine.pushesItself === true ? pushing(local, registry) : local, built)
  const digests = openFileDigests({ now: Date.now })
  const { engine } = machine
  const inEngine =
    engine === undefined ? {} : { local: { has: (name: string) => Promise.resolve(engine.includes(name)) } }
  const builder = cacheBuilder(inner, {
    records: openArtifactRecords(records),
    registry,
    bases,
    digests,
    host,
    env,
    ...inEngine,
  })
  const events: Event[] = []
  const request = requestFor(call, events)
  const result = (await builder.find?.(request)) ?? (await builder.build(request))
  return { built, digest: await store(request, result, registry), events }
}

function requestFor(call: Call, events: Event[]): BuildRequest {
  const { platforms = [amd64, arm64], name = 'app:v1', push = true, docker = {}, parents } = call
  return {
    artifact: {
      image: 'app',
      context: '.',
      builder: { kind: 'docker', dockerfile: 'Dockerfile', buildArgs: {}, ...docker },
    },
    contextFolder: folder,
    platforms,
    reference: parseReference(`${stocked.host}/${name}`),
    push,
    ...(parents === undefined ? {} : { parents }),
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
  }
}

function counting(builder: Builder, built: string[]): Builder {
  return {
    ...builder,
    async build(request) {
      built.push(...request.platforms.map(formatPlatform))
      return builder.build(request)
    },
  }
}

function attesting(builder: Builder): Builder {
  return {
    ...builder,
    async build(request) {
      const result = await builder.build(request)
      return result.kind === 'pushed' ? result : { kind: 'images', images: result.images.map(withAttestation) }
    },
  }
}

function withAttestation(image: Image): Image {
  const blobs = ['{}', '{"predicateType":"https://slsa.dev/provenance/v0.2"}'].map((text, index) => {
    const bytes = Buffer.from(text)
    const mediaType = index === 0 ? mediaTypes.oci.config : 'application/vnd.in-toto+json'
    return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, open: () => pieces(bytes) }
  })
  const [config, ...layers] = blobs.map(({ descriptor }) => descriptor)
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.oci.manifest, config, layers }
  const rawManifest = Buffer.from(JSON.stringify(manifest))
  const annotations = {
    'vnd.docker.reference.digest': image.descriptor.digest,
    'vnd.docker.reference.type': 'attestation-manifest',
  }
  const descriptor = {
    mediaType: mediaTypes.oci.manifest,
    digest: digestOf(rawManifest),
    size: rawManifest.length,
    platform: { os: 'unknown', architecture: 'unknown' },
    annotations,
  }
  return { ...image, attached: [{ descriptor, rawManifest, blobs }] }
}

/** Makes all platforms in one call and pushes them, as scripts do. */
function pushing(native: Builder, registry: Registry): Builder {
  return {
    ...native,
    multiPlatform: true,
    async build(request) {
      const result = await buildPlatforms(native, request)
      if (result.kind === 'pushed') return result
      const { reference, signal } = request
      const { digest } = await publishImages(registry, { reference, images: result.images, signal })
      return { kind: 'pushed', digest }
    },
  }
}

async function store(
  { reference, push, signal }: BuildRequest,
  result: BuildResult,
  registry: Registry,
): Promise<string> {
  if (!push) return result.kind === 'pushed' ? result.digest : (result.images[0]?.manifest.config.digest ?? '')
  if (result.kind === 'pushed') {
    expect((await registry.resolve(reference, signal))?.digest).toBe(result.digest)
    return result.digest
  }
  return (await publishImages(registry, { reference, images: result.images, signal })).digest
}

const dockerfile = `ARG BASE=scratch
FROM $BASE
ARG VERSION=1
ARG TARGETARCH
LABEL version=$VERSION
COPY a b /x/
COPY bin/$TARGETARCH* /bin/
`

async function write(files: Readonly<Record<string, string>> = {}): Promise<void> {
  await writeContext(folder, {
    Dockerfile: dockerfile,
    'a/one': '1',
    'a/two': '2',
    'b/three': '3',
    'bin/none': '',
    ...files,
  })
}

const nothing: readonly string[] = []
const both = ['linux/amd64', 'linux/arm64']

describe('a builder with a cache', () => {
  test('builds the same thing once, whatever its tag, and says so', async () => {
    await write()
    const first = await run()
    expect(first.built).toEqual(both)
    expect(first.events).toContainEqual({ type: 'cacheChecked', image: 'app', found: [], missing: both })
    for (const name of ['app:v1', 'app:v2']) {
      const again = await run({ name })
      expect(again.built).toEqual(nothing)
      expect(again.digest).toBe(first.digest)
      expect(again.events).toContainEqual({ type: 'cacheChecked', image: 'app', found: both, missing: [] })
      const resolved = await stocked.registry.resolve(parseReference(`${stocked.host}/${name}`))
      expect(resolved?.digest).toBe(first.digest)
    }
  })

  test('builds only the platform that comes new, and the one index is that of a build of both', async () => {
    await write()
    expect((await run({ platforms: [amd64] })).built).toEqual(['linux/amd64'])
    const grown = await run()
    expect(grown.built).toEqual(['linux/arm64'])
    expect(grown.events).toContainEqual({
      type: 'cacheChecked',
      image: 'app',
      found: ['linux/amd64'],
      missing: ['linux/arm64'],
    })
    expect((await run({}, { records: join(root, 'other-cache') })).digest).toBe(grown.digest)
    expect((await run({ platforms: [arm64] })).built).toEqual(nothing)
  })

  test('is shared by machines of different architecture, checkouts and times', async () => {
    await write({
      Dockerfile: `FROM --platform=$BUILDPLATFORM scratch AS tools\nCOPY a /a\nFROM scratch\nCOPY --from=tools /a /a\n`,
    })
    const first = await run()
    const elsewhere = join(root, 'elsewhere')
    renameSync(folder, elsewhere)
    folder = elsewhere
    utimesSync(join(folder, 'a/one'), 1000, 1000)
    const second = await run({}, { host: arm64 })
    expect(second.built).toEqual(nothing)
    expect(second.digest).toBe(first.digest)
  })

  test('builds anew when a file is another that only ONBUILD of the base copies', async () => {
    const config = { OnBuild: ['COPY b /own/'] }
    const base = await stocked.stock('base', [await aBaseImage([], { architecture: 'amd64', config })])
    const Dockerfile = `FROM ${base}\nCOPY a /a\n`
    await write({ Dockerfile })
    const call = { platforms: [amd64] }
    expect((await run(call)).built).toEqual(['linux/amd64'])
    expect((await run(call)).built).toEqual(nothing)
    await write({ Dockerfile, 'b/one': '!' })
    expect((await run(call)).built).toEqual(['linux/amd64'])
  })

  test('builds anew when a file is another that only ONBUILD of a required image copies', async () => {
    const Dockerfile = 'ARG BASE\nFROM $BASE\n'
    await write({ Dockerfile })
    const own = await aBaseImage([], { architecture: 'amd64', config: { OnBuild: ['COPY b /own/'] } })
    const reference = await stocked.stock('parent', [own])
    const parents = [{ alias: 'BASE', image: 'parent', reference, images: [own] }]
    const call = { platforms: [amd64], parents, docker: { buildArgs: { BASE: reference } } }
    expect((await run(call)).built).toEqual(['linux/amd64'])
    expect((await run(call)).built).toEqual(nothing)
    await write({ Dockerfile, 'b/one': '!' })
    expect((await run(call)).built).toEqual(['linux/amd64'])
  })

  test.each<[string, () => void | Promise<void>]>([
    ['a file has another text', () => write({ 'a/one': '!' })],
    ['a file was moved to another folder', () => renameSync(join(folder, 'a/one'), join(folder, 'b/one'))],
    ['two files have changed places', async () => write({ 'a/one': '2', 'a/two': '1' })],
    ['a file can be run', () => chmodSync(join(folder, 'a/one'), 0o755)],
    ['a folder has another mode', () => chmodSync(join(folder, 'a'), 0o700)],
    ['a file is new', () => write({ 'a/new': '' })],
    ['a file is gone', () => rmSync(join(folder, 'a/two'))],
    ['the Dockerfile is another', () => write({ Dockerfile: `${dockerfile}USER 1\n` })],
    ['a file is ignored', () => write({ '.dockerignore': 'a/two' })],
  ])('builds when %s', async (_, change) => {
    await write()
    await run()
    await change()
    expect((await run()).built).toEqual(both)
    expect((await run()).built).toEqual(nothing)
  })

  test.each<[string, Call, Machine]>([
    ['an argument is another', { docker: { buildArgs: { VERSION: '2' } } }, {}],
    ['the target is another', { docker: { target: 'other' } }, {}],
    ['the time of the source is another', {}, { env: { SOURCE_DATE_EPOCH: '5' } }],
  ])('builds when %s', async (_, call, machine) => {
    await write({ Dockerfile: `${dockerfile}FROM scratch AS other\nCOPY a /\n` })
    await run()
    expect((await run(call, machine)).built).toEqual(both)
  })

  test('does not build when nothing changed that counts', async () => {
    await write({ '.dockerignore': 'ignored' })
    await run()
    utimesSync(join(folder, 'a/one'), 1, 1)
    await write({ ignored: 'new', 'beside/it': 'not copied', '.dockerignore': 'ignored' })
    expect((await run()).built).toEqual(nothing)
  })

  test('builds only for the platform whose files changed', async () => {
    await write({ 'bin/amd64': '1', 'bin/arm64': '1' })
    await run()
    await write({ 'bin/arm64': '2' })
    expect((await run()).built).toEqual(['linux/arm64'])
  })

  test('builds when the base image is another under the same name', async () => {
    await write()
    const base = async (text: string): Promise<string> =>
      stocked.stock('base', [await aBaseImage([], { architecture: 'amd64', author: text })])
    const docker = { buildArgs: { BASE: await base('one') } }
    const call = { docker, platforms: [amd64] }
    await run(call)
    expect((await run(call)).built).toEqual(nothing)
    await base('two')
    expect((await run(call)).built).toEqual(['linux/amd64'])
  })

  test('follows the image of a required artifact, not its name', async () => {
    await write()
    const parent = async (text: string, tag: string): Promise<ParentImage> => {
      const image = await aBaseImage([], { architecture: 'amd64', author: text })
      const name = await stocked.stock(`parent-${tag}`, [image])
      return { alias: 'BASE', image: 'parent', reference: `${name}@${image.descriptor.digest}`, images: [image] }
    }
    await run({ platforms: [amd64], docker: { buildArgs: { BASE: (await parent('one', 'a')).reference } } })
    const call = async (text: string, tag: string): Promise<Outcome> =>
      run({ platforms: [amd64], parents: [await parent(text, tag)] })
    expect((await call('one', 'a')).built).toEqual(['linux/amd64'])
    expect((await call('one', 'b')).built).toEqual(nothing)
    expect((await call('two', 'b')).built).toEqual(['linux/amd64'])
  })

  test('builds again what the registry has lost', async () => {
    await write()
    const first = await run()
    await stocked.close()
    stocked = await aStockedRegistry()
    const second = await run()
    expect(second.built).toEqual(both)
    expect(second.digest).toBe(first.digest)
  })

  test('takes what another repository of the registry has, and downloads no layer', async () => {
    await write()
    const first = await run()
    const read: string[] = []
    const { registry } = stocked
    const watched: Registry = {
      ...registry,
      getBlob(repository, descriptor, signal) {
        read.push(descriptor.mediaType)
        return registry.getBlob(repository, descriptor, signal)
      },
    }
    const moved = await run({ name: 'elsewhere/app:v1' }, { registry: watched })
    expect(moved.built).toEqual(nothing)
    expect(moved.digest).toBe(first.digest)
    expect(read.filter((type) => type.includes('layer'))).toEqual([])
  })

  test('builds what is not pushed, unless the engine has it under the name that is made of its id', async () => {
    await write()
    await run()
    const local: Call = { push: false, platforms: [amd64] }
    expect((await run(local)).built).toEqual(['linux/amd64'])
    const { digest } = await run(local, { engine: [] })
    const engine = [`${stocked.host}/app:${digest.slice('sha256:'.length)}`]
    const again = await run({ ...local, name: 'app:v2' }, { engine })
    expect([again.built, again.digest]).toEqual([[], digest])
    expect(again.events).toContainEqual({
      type: 'cacheChecked',
      image: 'app',
      found: ['linux/amd64'],
      missing: [],
      isLocal: true,
    })
    expect((await run({ ...local, name: 'other:v1' }, { engine })).built).toEqual(['linux/amd64'])
    expect((await run(local, { engine: ['other'] })).built).toEqual(['linux/amd64'])
  })

  test('always builds what is fetched and may be something else each time', async () => {
    let text = 'one'
    const server = createServer((_, response) => response.end(text))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await write({ Dockerfile: `FROM scratch\nADD http://127.0.0.1:${port}/x /x\n` })
    const first = await run({ platforms: [amd64] })
    text = 'two'
    const second = await run({ platforms: [amd64] })
    server.closeAllConnections()
    server.close()
    expect(second.built).toEqual(['linux/amd64'])
    expect(second.digest).not.toBe(first.digest)
    expect(second.events.filter(({ type }) => type === 'cacheChecked')).toEqual([])
  })

  test('remembers nothing of a build that failed, and leaves its error as it is', async () => {
    await write({ Dockerfile: 'FROM scratch\nCOPY missing /\n' })
    await expect(run()).rejects.toMatchObject({ code: 'BUILD_SOURCE_MISSING' })
    await expect(run()).rejects.toMatchObject({ code: 'BUILD_SOURCE_MISSING' })
    await write({ Dockerfile: 'FROM\n' })
    await expect(run()).rejects.toMatchObject({ code: 'DOCKERFILE_INVALID' })
  })

  test('warns when it cannot remember', async () => {
    await write()
    writeFileSync(join(root, 'file'), '')
    const { events } = await run({}, { records: join(root, 'file', 'cache') })
    expect(events).toContainEqual(expect.objectContaining({ type: 'warning' }))
  })
})

describe('attestations', () => {
  const machine: Machine = { attests: true }

  test('are found again beside their images, under every tag', async () => {
    await write()
    const first = await run({}, machine)
    expect(first.built).toEqual(both)
    const index = await stocked.registry.getManifest(parseReference(`${stocked.host}/app@${first.digest}`))
    expect(new TextDecoder().decode(index.bytes).match(/"attestation-manifest"/g)).toHaveLength(2)
    for (const name of ['app:v1', 'app:v2', 'other:v1']) {
      const again = await run({ name }, machine)
      expect(again.built).toEqual(nothing)
      expect(again.digest).toBe(first.digest)
    }
  })

  test('let the image be built again when the registry has lost them', async () => {
    await write()
    await run({}, machine)
    expect((await run({}, { ...machine, registry: losing(stocked.registry, 'in-toto') })).built).toEqual(both)
  })
})

/** Has no manifest that holds a text. */
function losing(registry: Registry, text: string): Registry {
  return {
    ...registry,
    async getManifest(reference, signal) {
      const found = await registry.getManifest(reference, signal)
      if (!new TextDecoder().decode(found.bytes).includes(text)) return found
      throw new ToolError('MANIFEST_UNKNOWN', 'lost', { hint: '' })
    },
  }
}

describe('a builder that pushes on its own, with a cache', () => {
  const machine: Machine = { pushesItself: true }

  test('is not called again, and its index is kept under another tag', async () => {
    await write()
    const first = await run({}, machine)
    expect(first.built).toEqual(both)
    const again = await run({ name: 'app:v2' }, machine)
    expect(again.built).toEqual(nothing)
    expect(again.digest).toBe(first.digest)
  })

  test('is called for the platform that comes new alone', async () => {
    await write()
    await run({ platforms: [amd64] }, machine)
    const grown = await run({}, machine)
    expect(grown.built).toEqual(['linux/arm64'])
    const whole = await run({}, { ...machine, records: join(root, 'other-cache') })
    expect(whole.built).toEqual(both)
    expect(grown.digest).toBe(whole.digest)
    expect((await run({}, machine)).built).toEqual(nothing)
  })
})

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createBuildahEngine,
  createDockerEngine,
  createDockerfileBuilder,
  createNativeBuilder,
  rememberImages,
  type BuildRequest,
  type Builder,
  type DockerSettings,
  type Engine,
} from '../../src/build/index.ts'
import type { DockerArtifact } from '../../src/config/index.ts'
import type { Event } from '../../src/events/index.ts'
import { createImage, type Image } from '../../src/image/index.ts'
import { createLayer } from '../../src/layer/index.ts'
import { parsePlatform, type Platform } from '../../src/platform/index.ts'
import { parseReference } from '../../src/reference/index.ts'
import { runProcess } from '../../src/subprocess/index.ts'
import { publishImages } from '../../src/transfer/index.ts'
import { aRegistry } from './registry-fixtures.ts'
import { findTool, serviceAddress } from './tools.ts'
import { writeContext, type ContextEntry } from './native-build.ts'

/** This machine as containers see it. */
const host: Platform = parsePlatform('linux/amd64', { os: 'linux', architecture: 'amd64' })

/** A folder with a Dockerfile, and a builder that may use some engines. */
export interface EngineProject {
  readonly folder: string
  readonly builder: Builder
  readonly events: Event[]
  /** What was printed, in order. */
  output(): string
  request(options?: EngineOptions): BuildRequest
  build(options?: EngineOptions): Promise<Image>
  close(): Promise<void>
}

export interface EngineOptions extends Partial<Omit<DockerArtifact, 'kind'>> {
  readonly platform?: string
  /** Where it goes; absent: somewhere that is never asked. */
  readonly reference?: string
  readonly parents?: BuildRequest['parents']
  readonly signal?: AbortSignal
}

const signal = new AbortController().signal

/** Engines of this machine, by name. */
export function engineOf(
  name: Engine['name'],
  env: Readonly<Record<string, string>> = {},
  settings: DockerSettings = {},
): Engine {
  const outside = { runProcess, env: { ...process.env, ...env }, cwd: tmpdir() }
  if (name === 'docker') return createDockerEngine(outside, settings)
  const { cacheTo = [] } = settings
  return createBuildahEngine({ ...outside, name, host, cacheTo })
}

/** Makes a temporary project. */
export async function anEngineProject(
  files: Readonly<Record<string, ContextEntry>>,
  engines: readonly Engine[],
): Promise<EngineProject> {
  const folder = await mkdtemp(join(tmpdir(), 'engine-project-'))
  const workFolder = await mkdtemp(join(tmpdir(), 'engine-work-'))
  await writeContext(folder, files)
  const built = rememberImages(aRegistry())
  const native = createNativeBuilder({ registry: built.registry, workFolder, env: {}, host })
  const builder = createDockerfileBuilder({
    native,
    engines,
    built,
    workFolder,
    host,
    trust: { insecureRegistries: [] },
  })
  const events: Event[] = []
  const request = ({ platform, parents, reference, signal: own, ...docker }: EngineOptions = {}): BuildRequest => ({
    artifact: {
      image: 'app',
      context: '.',
      builder: { kind: 'docker', dockerfile: 'Dockerfile', buildArgs: {}, ...docker },
    },
    contextFolder: folder,
    platforms: [parsePlatform(platform ?? 'linux/amd64', host)],
    reference: parseReference(reference ?? 'registry.example.com/app:1'),
    push: true,
    emit: (event) => events.push(event),
    signal: own ?? signal,
    ...(parents === undefined ? {} : { parents }),
  })
  return {
    folder,
    builder,
    events,
    output: () => events.flatMap((event) => (event.type === 'buildOutput' ? [event.text] : [])).join('\n'),
    request,
    async build(options) {
      const result = await builder.build(request(options))
      const image = result.kind === 'images' ? result.images[0] : undefined
      if (image === undefined) throw new Error('the builder made no image')
      return image
    },
    async close() {
      await rm(folder, { recursive: true, force: true })
      await rm(workFolder, { recursive: true, force: true })
    },
  }
}

/** Pushes a base image with a shell for two platforms to the registry of the tests; gives its name. */
export async function pushShellBase(name: string): Promise<string> {
  const reference = parseReference(`${serviceAddress('registry')}/${name}:1`)
  const images = await Promise.all([shellImage('busybox', 'amd64'), shellImage('busybox-arm64', 'arm64')])
  await publishImages(aRegistry(), { reference, images })
  return `${serviceAddress('registry')}/${name}:1`
}

async function shellImage(tool: 'busybox' | 'busybox-arm64', architecture: string): Promise<Image> {
  const program = await readFile(findTool(tool) ?? '')
  const plain = { uid: 0, gid: 0, mtimeSeconds: 0 }
  const layer = await createLayer([
    { ...plain, path: 'bin', kind: 'directory', mode: 0o755 },
    {
      ...plain,
      path: 'bin/busybox',
      kind: 'file',
      mode: 0o755,
      size: program.length,
      open: async function* () {
        yield program
      },
    },
    ...['sh', 'cat', 'mkdir', 'uname', 'echo', 'chmod', 'sleep'].map((path) => ({
      ...plain,
      path: `bin/${path}`,
      kind: 'symlink' as const,
      mode: 0o777,
      linkTarget: 'busybox',
    })),
    { ...plain, path: 'tmp', kind: 'directory', mode: 0o1777 },
  ])
  // buildah counts the layers in the history
  const history = [{ created_by: 'a shell' }]
  return createImage({
    config: { os: 'linux', architecture, config: { Env: ['PATH=/bin'] }, history },
    layers: [layer],
  })
}

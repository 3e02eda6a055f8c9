import { expect, test } from 'vitest'
import type { DockerArtifact } from '../../../config/index.ts'
import { buildahArguments } from '../buildah/buildah-arguments.ts'
import type { EngineJob } from '../dockerfile/engine.ts'
import { buildxArguments, classicArguments } from './docker-arguments.ts'
import { platformsOf } from './builder-platforms.ts'

/** Command lines as data: what each field becomes for each engine. */

const linux = { os: 'linux', architecture: 'arm64' }
const host = { os: 'linux', architecture: 'amd64' }

function job(docker: Partial<DockerArtifact> = {}, more: Partial<EngineJob> = {}): EngineJob {
  return {
    image: 'app',
    docker: { kind: 'docker', dockerfile: 'Dockerfile', buildArgs: {}, ...docker },
    dockerfile: '/ctx/Dockerfile',
    contextFolder: '/ctx',
    platform: linux,
    insecureRegistries: [],
    parents: [],
    folder: '/work',
    report: () => undefined,
    signal: new AbortController().signal,
    ...more,
  }
}

const buildx = (one: EngineJob): string => buildxArguments(one, ['--output', 'OUT']).join(' ')
const classic = (one: EngineJob): string => classicArguments(one, 'TAG').join(' ')
const buildah = (one: EngineJob): string => buildahArguments(one, host, '/job/id').join(' ')

test('what every build says', () => {
  expect(buildx(job())).toBe(
    'buildx build --platform linux/arm64 --provenance=false --progress=plain --file /ctx/Dockerfile --output OUT /ctx',
  )
  expect(classic(job())).toBe('build --platform linux/arm64 --file /ctx/Dockerfile --tag TAG /ctx')
  expect(buildah(job())).toBe(
    'build --platform linux/arm64 --format docker --layers --file /ctx/Dockerfile --build-arg BUILDPLATFORM=linux/amd64 --build-arg BUILDOS=linux --build-arg BUILDARCH=amd64 --iidfile /job/id /ctx',
  )
})

test.each<{
  readonly field: Partial<DockerArtifact>
  readonly buildx: string | undefined
  readonly classic: string | undefined
  readonly buildah: string | undefined
}>([
  { field: { target: 'app' }, buildx: '--target app', classic: '--target app', buildah: '--target app' },
  {
    field: { buildArgs: { A: '1', B: 'x y' } },
    buildx: '--build-arg A=1 --build-arg B=x y',
    classic: '--build-arg A=1 --build-arg B=x y',
    buildah: '--build-arg A=1 --build-arg B=x y',
  },
  { field: { network: 'host' }, buildx: '--network host', classic: '--network host', buildah: '--network host' },
  { field: { network: 'Bridge' }, buildx: '--network default', classic: '--network default', buildah: undefined },
  { field: { network: '' }, buildx: undefined, classic: undefined, buildah: undefined },
  {
    field: { addHost: ['a:1', 'b:2'] },
    buildx: '--add-host a:1 --add-host b:2',
    classic: '--add-host a:1 --add-host b:2',
    buildah: '--add-host a:1 --add-host b:2',
  },
  {
    field: { cacheFrom: ['r/app:1'] },
    buildx: '--cache-from r/app:1',
    classic: '--cache-from r/app:1',
    buildah: '--cache-from r/app:1',
  },
  { field: { noCache: true }, buildx: '--no-cache', classic: '--no-cache', buildah: '--no-cache' },
  { field: { noCache: false }, buildx: undefined, classic: undefined, buildah: undefined },
  { field: { pullParent: true }, buildx: '--pull', classic: '--pull', buildah: '--pull=always' },
  { field: { squash: true }, buildx: undefined, classic: '--squash', buildah: '--squash' },
  { field: { ssh: 'default' }, buildx: '--ssh default', classic: undefined, buildah: '--ssh default' },
  {
    field: { secrets: [{ id: 'a', src: 's.txt' }] },
    buildx: '--secret id=a,src=s.txt',
    classic: undefined,
    buildah: '--secret id=a,src=s.txt',
  },
  {
    field: { secrets: [{ id: 'a', env: 'TOKEN' }, { id: 'b' }] },
    buildx: '--secret id=a,env=TOKEN --secret id=b',
    classic: undefined,
    buildah: '--secret id=a,env=TOKEN --secret id=b',
  },
  { field: { cliFlags: ['--label', 'a=b'] }, buildx: '--label a=b', classic: '--label a=b', buildah: '--label a=b' },
])('$field', ({ field, ...expected }) => {
  for (const [name, line] of Object.entries({ buildx, classic, buildah })) {
    const plain = new Set(line(job()).split(' '))
    const added = line(job(field))
      .split(' ')
      .filter((word) => !plain.has(word))
      .join(' ')
    const wanted = (expected[name as keyof typeof expected] ?? '')
      .split(' ')
      .filter((word) => !plain.has(word))
      .join(' ')
    expect(added, name).toBe(wanted)
  }
})

test('parents that are in no registry come from layouts', () => {
  const parents = [{ reference: 'r/base:v1', folder: '/job/parent', digest: 'sha256:abc' }]
  expect(buildx(job({}, { parents }))).toContain('--build-context r/base:v1=oci-layout:///job/parent@sha256:abc')
})

test('buildah is told of ignore files and of registries without TLS', () => {
  const line = buildah(job({}, { ignoreFile: '/ctx/App.dockerignore', insecureRegistries: ['localhost:5000'] }))
  expect(line).toContain('--ignorefile /ctx/App.dockerignore')
  expect(line).toContain('--tls-verify=false')
})

test.each([
  ['', []],
  ['Driver: docker\nPlatforms:        linux/amd64, linux/amd64/v2, linux/386\n', ['amd64', 'amd64', '386']],
  ['Name: a\nPlatforms: linux/amd64*\n\nName: b\nPlatforms: linux/arm64*, linux/arm/v7\n', ['amd64', 'arm64', 'arm']],
  ['Platforms: \n', []],
])('the platforms that a buildx builder names: %j', (text, architectures) => {
  expect(platformsOf(text).map(({ architecture }) => architecture)).toEqual(architectures)
})

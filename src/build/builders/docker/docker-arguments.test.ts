import { expect, test } from 'vitest'
import { createImage } from '../../../image/index.ts'
import type { DockerArtifact } from '../../../config/index.ts'
import { buildahArguments } from '../buildah/buildah-arguments.ts'
import type { EngineJob } from '../dockerfile/engine.ts'
import { buildxArguments, classicArguments } from './docker-arguments.ts'
import { parseBuilder } from './buildx-builder.ts'
import { cacheRepository, cacheSource, cacheTarget } from './cache-scopes.ts'

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
    repository: 'r.example.com/team/app',
    folder: '/work',
    report: () => undefined,
    signal: new AbortController().signal,
    ...more,
  }
}

const buildx = (one: EngineJob): string => buildxArguments(one, { output: ['--output', 'OUT'] }).join(' ')
const classic = (one: EngineJob): string => classicArguments(one, 'TAG').join(' ')
const buildah = (one: EngineJob): string =>
  buildahArguments(one, { name: 'buildah', host, idFile: '/job/id' }).join(' ')

test('what every build says', () => {
  expect(buildx(job())).toBe(
    'buildx build --platform linux/arm64 --provenance=false --progress=plain --file /ctx/Dockerfile --output OUT /ctx',
  )
  expect(classic(job())).toBe('build --platform linux/arm64 --force-rm --file /ctx/Dockerfile --tag TAG /ctx')
  expect(buildah(job())).toBe(
    'build --platform linux/arm64 --format docker --force-rm --layers --file /ctx/Dockerfile --build-arg BUILDPLATFORM=linux/amd64 --build-arg BUILDOS=linux --build-arg BUILDARCH=amd64 --iidfile /job/id /ctx',
  )
})

test.each<[string, Partial<DockerArtifact>, Partial<EngineJob>, string]>([
  ['none', {}, {}, '--provenance=false'],
  ['by default', {}, { hasProvenance: true }, '--attest=type=provenance,mode=min'],
  ['as flags ask', { cliFlags: ['--provenance=mode=max'] }, {}, '--provenance=mode=max'],
  [
    'by default beside what flags ask',
    { cliFlags: ['--sbom=true'] },
    { hasProvenance: true },
    '--attest=type=provenance,mode=min --sbom=true',
  ],
])('attestations: %s', (_, docker, more, flags) => {
  expect(
    buildx(job(docker, more))
      .match(/--(?:attest|provenance|sbom)\S*/g)
      ?.join(' '),
  ).toBe(flags)
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
    // its caches are repositories, without tags
    buildah: '--cache-from r/app',
  },
  {
    field: { cacheFrom: ['type=registry,ref=r/app:1', 'type=local,src=/c'] },
    buildx: '--cache-from type=registry,ref=r/app:1 --cache-from type=local,src=/c',
    classic: '--cache-from type=registry,ref=r/app:1 --cache-from type=local,src=/c',
    buildah: '--cache-from r/app',
  },
  {
    field: { buildArgs: { NPM_TOKEN: 'hush', TOKENS: '1', DOCKER_TOKEN: '2' } },
    buildx: '--build-arg NPM_TOKEN --build-arg TOKENS=1 --build-arg DOCKER_TOKEN=2',
    classic: '--build-arg NPM_TOKEN --build-arg TOKENS=1 --build-arg DOCKER_TOKEN=2',
    buildah: '--build-arg NPM_TOKEN --build-arg TOKENS=1 --build-arg DOCKER_TOKEN=2',
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
  const image = createImage({ config: { os: 'linux', architecture: 'amd64' }, layers: [] })
  const parents = [{ reference: 'r/base:v1', folder: '/job/parent', digest: 'sha256:abc', image }]
  expect(buildx(job({}, { parents }))).toContain('--build-context r/base:v1=oci-layout:///job/parent@sha256:abc')
})

test('buildah is told of ignore files and of registries without TLS', () => {
  const line = buildah(job({}, { ignoreFile: '/ctx/App.dockerignore', insecureRegistries: ['localhost:5000'] }))
  expect(line).toContain('--ignorefile /ctx/App.dockerignore')
  expect(line).toContain('--tls-verify=false')
  // what it is told is for all registries, and the others have to prove who they are
  const mixed = { insecureRegistries: ['localhost:5000'], hasOtherRegistries: true } as const
  expect(buildah(job({}, mixed))).not.toContain('--tls-verify')
})

test('podman joins layers when it is not told to keep them', () => {
  const line = buildahArguments(job({ squash: true }), { name: 'podman', host, idFile: '/id' }).join(' ')
  expect(line).toContain('--squash')
  expect(line).not.toContain('--layers')
})

test('a builder of buildx, and caches', () => {
  const options = { builder: 'far', cacheTo: ['registry', 'inline'], output: [] }
  const line = buildxArguments(job({ cacheFrom: ['a'] }), options).join(' ')
  expect(line).toContain('buildx build --builder far --platform')
  const ref = 'type=registry,ref=r.example.com/team/app:buildcache_linux_arm64'
  expect(line).toContain(`--cache-from a --cache-from ${ref} --cache-to ${ref},mode=max --cache-to type=inline`)
  const ofBuildah = buildahArguments(job(), {
    name: 'buildah',
    host,
    idFile: '/id',
    cacheTo: ['registry', 'inline'],
  }).join(' ')
  expect(ofBuildah).toContain(
    '--cache-from r.example.com/team/app/buildcache --cache-to r.example.com/team/app/buildcache',
  )
})

const scope = { repository: 'r.example.com/team/app', platform: linux }

test.each([
  ['inline', 'type=inline', undefined, undefined],
  [
    'r/cache',
    'type=registry,ref=r/cache:app_linux_arm64,mode=max',
    'type=registry,ref=r/cache:app_linux_arm64',
    'r/cache',
  ],
  [
    'type=registry,ref=r:5000/cache:main,mode=min',
    'type=registry,ref=r:5000/cache:main_app_linux_arm64,mode=min',
    'type=registry,ref=r:5000/cache:main_app_linux_arm64',
    'r:5000/cache',
  ],
  [
    'type=local,dest=/c/,mode=max',
    'type=local,dest=/c/app_linux_arm64,mode=max',
    'type=local,src=/c/app_linux_arm64',
    undefined,
  ],
  ['type=gha', 'type=gha,scope=app_linux_arm64', 'type=gha,scope=app_linux_arm64', undefined],
  ['type=gha,scope=x', 'type=gha,scope=x_app_linux_arm64', 'type=gha,scope=x_app_linux_arm64', undefined],
  [
    'type=s3,region=a,bucket=b,name=c',
    'type=s3,region=a,bucket=b,name=c_app_linux_arm64',
    'type=s3,region=a,bucket=b,name=c_app_linux_arm64',
    undefined,
  ],
])('--cache-to=%s is a cache of one image and one platform', (wanted, target, source, repository) => {
  expect(cacheTarget(wanted, scope)).toBe(target)
  expect(cacheSource(target)).toBe(source)
  expect(cacheRepository(wanted, scope)).toBe(repository)
})

const far = `Name:          far
Driver:        remote
Last Activity: 2026-01-02 03:04:05 +0000 UTC

Nodes:
Name:             a
Endpoint:         tcp://one.example.com:1234
Status:           running
BuildKit version: v0.17.0
Platforms:        linux/amd64, linux/amd64/v2, linux/386, linux/arm64, linux/arm/v7
Labels:
 org.mobyproject.buildkit.worker.hostname: vm

Name:      b
Endpoint:  tcp://two.example.com:1234
Status:    running
Platforms: linux/arm64*, linux/arm/v7, linux/amd64

Name:     c
Endpoint: tcp://three.example.com:1234
Status:   inactive
Error:    no route to host

Name:      d
Endpoint:  unix:///run/buildkit.sock
Status:    inactive
Platforms: linux/amd64*, linux/s390x*
`

test('nodes of a builder, what they are and what they emulate', () => {
  const { nodes = [], ...rest } = parseBuilder(far) ?? {}
  expect(rest).toEqual({ name: 'far', driver: 'remote' })
  expect(
    nodes.map(({ name, native, platforms, error, pinned }) => [
      name,
      native?.architecture,
      [...new Set(platforms.map(({ architecture }) => architecture))].join(),
      error,
      pinned.map(({ architecture }) => architecture).join(),
    ]),
  ).toEqual([
    ['a', 'amd64', 'amd64,386,arm64,arm', undefined, ''],
    ['b', 'arm64', 'arm64,arm,amd64', undefined, 'arm64'],
    ['c', undefined, '', 'no route to host', ''],
    // a list of its owner's may be for emulation
    ['d', undefined, 'amd64,s390x', undefined, 'amd64,s390x'],
  ])
})

test.each(['', 'ERROR: no builder "x" found', 'Name: x\nDriver: \n'])('no builder: %j', (text) => {
  expect(parseBuilder(text)).toBeUndefined()
})

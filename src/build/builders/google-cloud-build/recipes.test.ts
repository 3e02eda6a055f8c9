import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ArtifactBuilder } from '../../../config/index.ts'
import type { Platform } from '../../../platform/index.ts'
import { parseReference } from '../../../reference/index.ts'
import { recipeOf } from './recipe.ts'
import { placeOf, settingsOf } from './settings.ts'
import type { BuildRecipe, RecipeJob } from './steps.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recipes-'))
  await writeFile(join(folder, 'pom.xml'), '<project/>')
  await writeFile(join(folder, 'other.toml'), '')
})
afterAll(() => rm(folder, { recursive: true }))

const tag = 'gcr.io/proj/app:v1'
const parents = [{ alias: 'BASE', image: 'base', reference: 'gcr.io/proj/base:v1@sha256:1', images: [] }]
const recipe = async (
  builder: ArtifactBuilder,
  { platforms = 'linux/amd64', ...more }: { readonly platforms?: string } & Partial<Omit<RecipeJob, 'platforms'>> = {},
): Promise<BuildRecipe> =>
  recipeOf({
    artifact: { image: 'app', context: '.', builder },
    contextFolder: folder,
    platforms: platforms.split(',').map(aPlatform),
    settings: settingsOf({}),
    tag,
    env: {},
    ...more,
  })
function aPlatform(text: string): Platform {
  const [os = '', architecture = ''] = text.split('/')
  return { os, architecture }
}

const docker = { kind: 'docker' as const, dockerfile: 'Dockerfile', buildArgs: {} }

describe('docker', () => {
  test('has Skaffold’s flags in Skaffold’s order, and nothing of them is replaced by Cloud Build', async () => {
    const { steps } = await recipe(
      {
        ...docker,
        buildArgs: { b: '$HOME and $$', a: '1' },
        addHost: ['h:1.2.3.4'],
        cacheFrom: ['app', 'gcr.io/x/cache'],
        cliFlags: ['--flag'],
        target: 'final',
        network: 'HOST',
        noCache: true,
        squash: true,
        pullParent: true,
      },
      { parents, dockerfile: 'sub/Dockerfile' },
    )
    expect(steps).toEqual([
      {
        name: 'gcr.io/cloud-builders/docker',
        entrypoint: 'sh',
        args: ['-c', `docker pull --platform linux/amd64 ${tag} || true`],
      },
      {
        name: 'gcr.io/cloud-builders/docker',
        entrypoint: 'sh',
        args: ['-c', 'docker pull --platform linux/amd64 gcr.io/x/cache || true'],
      },
      {
        name: 'gcr.io/cloud-builders/docker',
        args: [
          ['build', '--tag', tag, '-f', 'sub/Dockerfile', '--platform', 'linux/amd64'],
          ['--build-arg', 'BASE=gcr.io/proj/base:v1@sha256:1'],
          ['--build-arg', 'a=1', '--build-arg', 'b=$$HOME and $$$$', '--add-host', 'h:1.2.3.4'],
          ['--cache-from', tag, '--cache-from', 'gcr.io/x/cache', '--flag', '--target', 'final'],
          ['--network', 'host', '--no-cache', '--squash', '--pull', '.'],
        ].flat(),
        env: ['DOCKER_BUILDKIT=1'],
      },
    ])
  })

  test('emulates with the step that is set', async () => {
    const platformEmulatorInstallStep = { image: 'tonistiigi/binfmt', args: ['--install', 'all'], entrypoint: 'sh' }
    const settings = settingsOf({ googleCloudBuild: { platformEmulatorInstallStep } })
    const { steps } = await recipe(docker, { platforms: 'linux/arm64', settings })
    expect(steps[0]).toEqual({ name: 'tonistiigi/binfmt', args: ['--install', 'all'], entrypoint: 'sh' })
  })

  test('keeps the name of the cache when that is wanted', async () => {
    const { steps } = await recipe(
      { ...docker, cacheFrom: ['app'] },
      { env: { SKAFFOLD_DISABLE_GCB_CACHE_ADJUSTMENT: '1' } },
    )
    expect(steps[0]?.args?.[1]).toContain(' app ')
  })
})

test('kaniko runs the executor in the sources, and pushes itself', async () => {
  const made = await recipe(
    {
      kind: 'kaniko',
      dockerfile: 'Dockerfile',
      buildArgs: { A: '1' },
      image: 'x',
      initImage: 'x',
      cache: { repo: 'gcr.io/proj/cache' },
      target: 'final',
      reproducible: true,
      env: [{ name: 'K', value: '$V' }],
    },
    { parents },
  )
  expect(made).toEqual({
    steps: [
      {
        name: 'gcr.io/kaniko-project/executor:latest',
        args: [
          ['--destination', tag, '--dockerfile', 'Dockerfile'],
          ['--build-arg', 'A=1', '--build-arg', 'BASE=gcr.io/proj/base:v1@sha256:1'],
          ['--cache', '--cache-repo', 'gcr.io/proj/cache', '--target', 'final', '--reproducible'],
        ].flat(),
        env: ['K=$$V'],
      },
    ],
  })
})

test.each([
  [
    'maven',
    'gcr.io/cloud-builders/mvn',
    /^mvn -Duser\.home=\$\$HOME jib:_skaffold-fail-if-jib-out-of-date .*jib:build .*-Dimage=gcr\.io\/proj\/app:v1$/,
  ],
  [
    'gradle',
    'gcr.io/cloud-builders/gradle',
    /^gradle -Duser\.home=\$\$HOME _skaffoldFailIfJibOutOfDate .*:jib .*--image=gcr\.io\/proj\/app:v1 /,
  ],
] as const)('jib with %s makes all platforms in one step', async (type, name, command) => {
  const made = await recipe({ kind: 'jib', type, args: ['-Dx=a b'] }, { platforms: 'linux/amd64,linux/arm64' })
  expect(made).toEqual({ steps: [{ name, entrypoint: 'sh', args: ['-c', expect.stringMatching(command)] }] })
  expect(made.steps[0]?.args?.[1]).toContain("'-Dx=a b'")
  expect(made.steps[0]?.args?.[1]).toContain('-Djib.from.platforms=linux/amd64,linux/arm64')
})

test('jib finds out which tool a project has', async () => {
  expect((await recipe({ kind: 'jib' })).steps[0]?.name).toBe('gcr.io/cloud-builders/mvn')
})

test('buildpacks are built by pack', async () => {
  const made = await recipe(
    {
      kind: 'buildpacks',
      builder: 'BASE',
      runImage: 'gcr.io/run',
      buildpacks: ['bp'],
      trustBuilder: true,
      buildArgs: ['--more'],
      env: ['A=$B'],
      projectDescriptor: 'other.toml',
      dependencies: {},
    },
    { parents },
  )
  expect(made).toEqual({
    steps: [
      {
        name: 'gcr.io/k8s-skaffold/pack',
        args: [
          ['pack', 'build', tag, '--builder', 'gcr.io/proj/base:v1@sha256:1', '--descriptor', 'other.toml'],
          ['--run-image', 'gcr.io/run', '--buildpack', 'bp', '--trust-builder', '--more', '--env', 'A=$$B'],
        ].flat(),
      },
    ],
    images: [tag],
  })
})

test('ko is built by Skaffold in the image, from a configuration of its own', async () => {
  const made = await recipe(
    { kind: 'ko', main: './cmd', env: ['GOFLAGS=-x'], fromImage: 'BASE', ldflags: ['-X main.v=$V'] },
    { parents, platforms: 'linux/amd64,linux/arm64' },
  )
  const [step] = made.steps
  expect(made.images).toBeUndefined()
  expect(step).toMatchObject({
    name: 'gcr.io/k8s-skaffold/skaffold',
    entrypoint: 'sh',
    env: ['SKAFFOLD_DETECT_MINIKUBE=false', 'SKAFFOLD_INTERACTIVE=false', 'SKAFFOLD_UPDATE_CHECK=false', 'GOFLAGS=-x'],
  })
  const [, before, config = '', after] = /^([^]*?)\n(\{[^]*\})\n([^]*)$/.exec(step?.args?.[1] ?? '') ?? []
  expect(before).toBe("skaffoldConfigFile=$(mktemp)\ncat << 'EOF' > $skaffoldConfigFile")
  expect(after).toBe('EOF\nskaffold build --filename $skaffoldConfigFile --tag v1 --verbosity warning')
  expect(JSON.parse(config)).toEqual({
    apiVersion: 'skaffold/v2beta28',
    kind: 'Config',
    build: {
      artifacts: [
        {
          image: 'gcr.io/proj/app',
          ko: {
            fromImage: 'gcr.io/proj/base:v1@sha256:1',
            main: './cmd',
            env: ['GOFLAGS=-x'],
            ldflags: ['-X main.v=$$V'],
          },
        },
      ],
      platforms: ['linux/amd64', 'linux/arm64'],
    },
  })
})

test.each([
  ['gcr.io/proj/app:v1', 'proj', 'proj_cloudbuild'],
  ['eu.gcr.io/proj/team/app:v1', 'proj', 'proj_cloudbuild'],
  ['europe-west1-docker.pkg.dev/proj/repo/app:v1', 'proj', 'proj_cloudbuild'],
  ['gcr.io/example.com/proj/app:v1', 'example.com:proj', 'example_com_proj_cloudbuild'],
])('the project of %s is %s', (name, project, bucket) => {
  expect(placeOf(settingsOf({}), parseReference(name))).toEqual({ project, bucket, isDefaultBucket: true })
})

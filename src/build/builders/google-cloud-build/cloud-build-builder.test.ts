import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { BuildEnd } from '../../../../test/support/google-builds.ts'
import { pushWhatIsAsked } from '../../../../test/support/google-push.ts'
import { startGoogleServer, type GoogleServer } from '../../../../test/support/google-server.ts'
import { aRegistry } from '../../../../test/support/registry-fixtures.ts'
import { serveNewStore, type ServedRegistry } from '../../../../test/support/registry-server.ts'
import type { Artifact } from '../../../config/index.ts'
import type { Event } from '../../../events/index.ts'
import { connectGoogle } from '../../../google/index.ts'
import type { Platform } from '../../../platform/index.ts'
import { parseReference } from '../../../reference/index.ts'
import { runProcess } from '../../../subprocess/index.ts'
import { listFiles } from '../../../workspace/index.ts'
import type { Builder, BuildRequest, BuildResult } from '../../contract.ts'
import { createCloudBuildBuilder } from './cloud-build-builder.ts'

let google: GoogleServer
let registry: ServedRegistry
let folder: string
const events: Event[] = []

beforeEach(async () => {
  google = await startGoogleServer({ execute: pushWhatIsAsked })
  registry = await serveNewStore('memory')
  folder = await mkdtemp(join(tmpdir(), 'cloud-build-'))
  await mkdir(join(folder, 'work'))
  await files({ 'gcloud/application_default_credentials.json': google.userFile, 'app/Dockerfile': 'FROM scratch\n' })
  events.length = 0
})
afterEach(async () => {
  await Promise.all([google.close(), registry.close()])
  await rm(folder, { recursive: true, force: true })
})

async function files(all: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(all)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
}

function aBuilder(): Builder {
  const env = { ...google.env, HOME: folder, CLOUDSDK_CONFIG: join(folder, 'gcloud') }
  const http = { retry: { sleep: async () => Promise.resolve() } }
  return createCloudBuildBuilder({
    google: connectGoogle({ env, runProcess, cwd: folder, http }),
    registry: aRegistry(),
    workFolder: join(folder, 'work'),
    env: {},
    // all files of the folder
    local: async () => ({
      dependencies: async ({ contextFolder }) => listFiles(contextFolder, { paths: ['.'] }),
    }),
    clock: {
      now: Date.now,
      sleep: async (_, signal) => setImmediate(undefined, { signal }).catch(() => signal.throwIfAborted()),
    },
  })
}

function aPlatform(text: string): Platform {
  const [os = '', architecture = ''] = text.split('/')
  return { os, architecture }
}

const docker = { kind: 'docker' as const, dockerfile: 'Dockerfile', buildArgs: {} }

function aRequest(
  { googleCloudBuild = {}, ...artifact }: Partial<Artifact> = {},
  {
    platforms = 'linux/amd64',
    ...more
  }: { readonly platforms?: string } & Partial<Omit<BuildRequest, 'platforms'>> = {},
): BuildRequest {
  return {
    artifact: {
      image: 'app',
      context: '.',
      builder: docker,
      ...artifact,
      googleCloudBuild: { projectId: 'proj', ...googleCloudBuild },
    },
    contextFolder: join(folder, 'app'),
    platforms: platforms.split(',').map(aPlatform),
    reference: parseReference(`${registry.host}/team/app:v1`),
    push: true,
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
    ...more,
  }
}

const build = (...request: Parameters<typeof aRequest>): Promise<BuildResult> => aBuilder().build(aRequest(...request))
const said = (): string => events.map((event) => ('text' in event ? event.text : '')).join('\n')

describe('the request', () => {
  test('of one platform has the name itself, and everything that is set', async () => {
    const settings = {
      diskSizeGb: 200,
      machineType: 'E2_HIGHCPU_8',
      timeout: '20m',
      logging: 'GCS_ONLY',
      logStreamingOption: 'STREAM_ON',
      serviceAccount: 'robot@proj.iam.gserviceaccount.com',
      region: 'europe-west1',
    }
    const result = await build({ googleCloudBuild: settings })
    expect(result).toMatchObject({ kind: 'pushed' })
    const [asked] = google.builds.asked
    const tag = `${registry.host}/team/app:v1`
    expect(asked).toMatchObject({
      parent: 'projects/proj/locations/europe-west1',
      steps: [
        {
          name: 'gcr.io/cloud-builders/docker',
          args: ['build', '--tag', tag, '-f', 'Dockerfile', '--platform', 'linux/amd64', '.'],
          env: ['DOCKER_BUILDKIT=1'],
        },
      ],
      images: [tag],
      logsBucket: 'proj_cloudbuild',
      options: { diskSizeGb: '200', machineType: 'E2_HIGHCPU_8', logging: 'GCS_ONLY', logStreamingOption: 'STREAM_ON' },
      timeout: '1200s',
      serviceAccount: 'projects/proj/serviceAccounts/robot@proj.iam.gserviceaccount.com',
    })
    expect(asked?.source.storageSource.object).toMatch(/^source\/proj-[\da-f-]{36}\.tar\.gz$/)
    expect(google.lines.filter((line) => line.includes('/builds/'))[0]).toMatch(
      /^GET \/v1\/projects\/proj\/locations\/europe-west1\/builds\//,
    )
  })

  test('of several platforms is one build for each, with emulation where it is needed, from one archive', async () => {
    const result = await build({}, { platforms: 'linux/amd64,linux/arm64' })
    expect(result).toMatchObject({
      kind: 'images',
      images: [{ platform: { architecture: 'amd64' } }, { platform: { architecture: 'arm64' } }],
    })
    const steps = google.builds.asked.map((asked) => asked.steps.map(({ name }) => name))
    expect(steps.toSorted((left, right) => left.length - right.length)).toEqual([
      ['gcr.io/cloud-builders/docker'],
      ['docker/binfmt:a7996909642ee92942dcd6cff44b9b95f08dad64', 'gcr.io/cloud-builders/docker'],
    ])
    expect(google.builds.asked.flatMap(({ images = [] }) => images).toSorted()).toEqual(
      ['amd64', 'arm64'].map((one) => `${registry.host}/team/app:v1_linux_${one}`),
    )
    expect(google.storage.uploaded.size).toBe(1)
  })

  test('of a platform beside others leaves the name alone', async () => {
    const result = await build({}, { platforms: 'linux/arm64', isPart: true })
    expect(result).toMatchObject({ kind: 'images', images: [{ platform: { architecture: 'arm64' } }] })
    expect(google.builds.asked[0]?.images).toEqual([`${registry.host}/team/app:v1_linux_arm64`])
  })

  test('holds the files, links and a Dockerfile from elsewhere, and the archive is gone afterwards', async () => {
    await files({ 'app/src/a.c': 'a', 'docker/Other': 'FROM scratch\n' })
    await symlink('src', join(folder, 'app/link'))
    await build({ builder: { ...docker, dockerfile: '../docker/Other' } })
    const [asked] = google.builds.asked
    const given = asked?.steps[0]?.args?.[4] ?? ''
    expect(given).toMatch(/^\.Other-[\da-f]{8}$/)
    expect(Object.fromEntries(asked?.files ?? [])).toEqual({
      Dockerfile: 'FROM scratch\n',
      link: '-> src',
      'src/': '',
      'src/a.c': 'a',
      [given]: 'FROM scratch\n',
    })
    expect(
      [...(google.storage.buckets.get('proj_cloudbuild')?.objects.keys() ?? [])].filter((name) =>
        name.startsWith('source/'),
      ),
    ).toEqual([])
  })

  test('of a worker pool goes to where the pool is, sources to the bucket that is set', async () => {
    const workerPool = 'projects/other/locations/us-east1/workerPools/mine'
    await build({ googleCloudBuild: { workerPool, bucket: 'own-bucket' } })
    const [asked] = google.builds.asked
    expect(asked).toMatchObject({
      parent: 'projects/other/locations/us-east1',
      options: { pool: { name: workerPool } },
      logsBucket: 'own-bucket',
    })
    expect(google.storage.buckets.get('own-bucket')?.project).toBe('proj')
  })
})

describe('what goes wrong', () => {
  const end = (more: Partial<BuildEnd>): void => {
    google.builds.execute = () => ({ status: 'SUCCESS', log: ['line\n'], ...more })
  }

  test.each([
    [
      { status: 'FAILURE', failedStep: 0, failureInfo: { detail: 'exit 2' } },
      /cloud build failed: FAILURE: step 0 \(gcr\.io\/cloud-builders\/docker\): exit 2: line$/,
    ],
    [{ status: 'TIMEOUT' }, /cloud build timedout: TIMEOUT: line$/],
    [{ status: 'INTERNAL_ERROR' }, /cloud build failed due to internal error: INTERNAL_ERROR/],
    [{ status: 'CANCELLED' }, /cloud build cancelled: CANCELLED/],
    [{ status: 'EXPIRED' }, /cloud build waited too long for a worker: EXPIRED/],
  ] as const)('a build that ends with %j', async (ending, message) => {
    end(ending)
    await expect(build()).rejects.toMatchObject({
      code: 'GOOGLE_BUILD_FAILED',
      message: expect.stringMatching(message),
    })
    expect(said()).toContain('line')
    expect(google.builds.cancelled).toEqual([])
  })

  test('emulation that does not work', async () => {
    end({ status: 'FAILURE', log: ['exec /bin/sh: exec format error\n'] })
    await expect(build({}, { platforms: 'linux/arm64' })).rejects.toMatchObject({
      hint: expect.stringContaining('platformEmulatorInstallStep'),
    })
  })

  test('an image that is for another platform than was asked for', async () => {
    google.builds.execute = async (asked) =>
      pushWhatIsAsked({ ...asked, steps: [{ name: 'x', args: ['--platform', 'linux/amd64'] }] })
    await expect(build({}, { platforms: 'linux/arm64' })).rejects.toMatchObject({
      code: 'BUILD_RESULT_INVALID',
      message: 'the build of app was to make linux/arm64, and the image that it pushed is for linux/amd64',
    })
  })

  test('a build that pushes nothing', async () => {
    end({})
    await expect(build()).rejects.toMatchObject({ code: 'BUILD_RESULT_INVALID' })
  })

  test('one platform that fails cancels the others', async () => {
    google.builds.execute = async ({ images = [] }) =>
      images.some((name) => name.endsWith('arm64'))
        ? { status: 'FAILURE' }
        : { status: 'SUCCESS', log: Array.from({ length: 10_000 }, () => 'x\n') }
    await expect(build({}, { platforms: 'linux/amd64,linux/arm64' })).rejects.toThrow(/FAILURE/)
    expect(google.builds.cancelled).toHaveLength(1)
  })

  test('an abort cancels the build and takes the sources away', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    google.builds.execute = () => {
      setTimeout(() => controller.abort(reason), 30)
      return { status: 'SUCCESS', log: Array.from({ length: 100_000 }, () => 'x\n') }
    }
    await expect(build({}, { signal: controller.signal })).rejects.toBe(reason)
    expect(google.builds.cancelled).toEqual(google.builds.asked.map(({ id }) => id))
    expect(google.lines.at(-1)).toMatch(/^DELETE .*source/)
  })

  test('a bucket of the default name that somebody else has', async () => {
    google.storage.buckets.set('proj_cloudbuild', { project: 'thief', objects: new Map() })
    await expect(build()).rejects.toMatchObject({ code: 'GOOGLE_FORBIDDEN', hint: expect.stringContaining('bucket') })
    expect(google.storage.uploaded.size).toBe(0)
  })

  test.each([
    ['a token that was revoked', (): void => google.revokeTokens()],
    ['an upload that is cut', (): void => google.storage.cutUploadAfter(7)],
    ['a server in a hurry', (): void => google.fail(/builds\//, { status: 503 }, 2)],
    ['a rate that is exceeded while looking', (): void => google.fail(/GET .*builds\//, { status: 429 }, 9)],
    ['a rate that is exceeded at the start', (): void => google.fail(/POST .*builds/, { status: 429 }, 2)],
    ['a log with a gap', (): void => google.fail(/log-/, { status: 503 }, 5)],
  ])('%s is no failure', async (_, disturb) => {
    google.builds.execute = async (asked) => {
      const done = await pushWhatIsAsked(asked)
      return { ...done, log: ['one\ntw', 'o\n\u00c3', '\u00a4\n', 'end'] }
    }
    const builder = aBuilder()
    await builder.build(aRequest())
    disturb()
    events.length = 0
    expect(await builder.build(aRequest())).toMatchObject({ kind: 'pushed' })
    expect(said().split('\n').slice(-4)).toEqual(['one', 'two', 'ä', 'end'])
  })

  test.each([
    [{ builder: { kind: 'custom' as const, buildCommand: 'x', dependencies: {} } }, 'linux/amd64', 'CONFIG_CONFLICT'],
    [{ builder: { ...docker, ssh: 'default' } }, 'linux/amd64', 'CONFIG_CONFLICT'],
    [
      { builder: { kind: 'buildpacks' as const, builder: 'b', projectDescriptor: 'project.toml', dependencies: {} } },
      'linux/arm64',
      'BUILD_PLATFORM_UNSUPPORTED',
    ],
    [{ googleCloudBuild: { projectId: '' } }, 'linux/amd64', 'GOOGLE_PROJECT_UNKNOWN'],
  ] as const)('%j for %s is refused with %s', async (artifact, platforms, code) => {
    await expect(build(artifact as Partial<Artifact>, { platforms })).rejects.toMatchObject({ code })
    expect(google.builds.asked).toEqual([])
  })
})

import { expect, test } from 'vitest'
import type { Event } from '../events/index.ts'
import { createImage, type Image } from '../image/index.ts'
import type { BuildRequest } from './contract.ts'
import { scheduleBuilds, type ScheduledBuild, type ScheduleOptions } from './schedule.ts'

const amd64 = { os: 'linux', architecture: 'amd64' }
const image: Image = createImage({ config: amd64, layers: [] })

function scheduled(name: string, ...requires: readonly string[]): ScheduledBuild {
  return {
    artifact: {
      image: name,
      context: '.',
      builder: { kind: 'docker', dockerfile: 'Dockerfile', buildArgs: {} },
      requires: requires.map((one) => ({ image: one, alias: `${one.toUpperCase()}_IMAGE` })),
    },
    contextFolder: '/nowhere',
    platforms: [amd64],
    reference: { registry: 'localhost', repository: name, tag: 'v1' },
    push: true,
  }
}

interface Run {
  readonly steps: string[]
  readonly requests: Map<string, BuildRequest>
  readonly events: Event[]
  readonly options: ScheduleOptions
}

/** Notes what happens; an artifact named `bad` fails. */
function aRun(): Run {
  const [steps, events]: [string[], Event[]] = [[], []]
  const requests = new Map<string, BuildRequest>()
  const options: ScheduleOptions = {
    builderFor: async () =>
      Promise.resolve({
        multiPlatform: false,
        async build(request: BuildRequest) {
          await new Promise((resolve) => setImmediate(resolve))
          requests.set(request.artifact.image, request)
          steps.push(`build ${request.artifact.image}`)
          if (request.artifact.image === 'bad') throw new Error('broken')
          return { kind: 'images' as const, images: [image] }
        },
        dependencies: async () => Promise.resolve([]),
      }),
    async store(build) {
      await new Promise((resolve) => setImmediate(resolve))
      const { image: name } = build.artifact
      steps.push(`store ${name}`)
      return { reference: `localhost/${name}:v1@sha256:1`, digest: 'sha256:1', platforms: [amd64] }
    },
    runHooks: async (when, build) => Promise.resolve(void steps.push(`${when} ${build.artifact.image}`)),
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
    now: () => 0,
  }
  return { steps, requests, events, options }
}

test('an artifact begins when what it requires is stored, and gets its name and images', async () => {
  const { steps, requests, options } = aRun()
  const stored = await scheduleBuilds([scheduled('app', 'base'), scheduled('base')], options)
  expect(steps).toEqual([
    'before base',
    'build base',
    'store base',
    'after base',
    'before app',
    'build app',
    'store app',
    'after app',
  ])
  expect(requests.get('app')?.parents).toEqual([
    { alias: 'BASE_IMAGE', image: 'base', reference: 'localhost/base:v1@sha256:1', images: [image] },
  ])
  expect(requests.get('base')?.parents).toBeUndefined()
  expect(stored.map(({ reference }) => reference)).toEqual(['localhost/app:v1@sha256:1', 'localhost/base:v1@sha256:1'])
})

test('what several require is built once', async () => {
  const { steps, options } = aRun()
  await scheduleBuilds([scheduled('d', 'b', 'c'), scheduled('b', 'a'), scheduled('c', 'a'), scheduled('a')], options)
  const builds = steps.filter((step) => step.startsWith('build'))
  expect(builds.toSorted()).toEqual(['build a', 'build b', 'build c', 'build d'])
  expect([builds[0], builds[3]]).toEqual(['build a', 'build d'])
})

test('nothing that requires a failed artifact is begun', async () => {
  const { steps, events, options } = aRun()
  await expect(scheduleBuilds([scheduled('app', 'bad'), scheduled('bad')], options)).rejects.toThrow('broken')
  expect(steps).toEqual(['before bad', 'build bad'])
  expect(events.map(({ type }) => type)).toEqual(['buildStarted', 'buildFailed'])
})

test('a circle is refused before anything is built', async () => {
  const { steps, options } = aRun()
  await expect(scheduleBuilds([scheduled('a', 'b'), scheduled('b', 'a')], options)).rejects.toMatchObject({
    code: 'BUILD_DEPENDENCY_INVALID',
  })
  expect(steps).toEqual([])
})

test('a hook that fails fails its artifact', async () => {
  const { events, options } = aRun()
  const failing = { ...options, runHooks: async () => Promise.reject(new Error('hook')) }
  await expect(scheduleBuilds([scheduled('a')], failing)).rejects.toThrow('hook')
  expect(events.at(-1)).toEqual({ type: 'buildFailed', image: 'a', message: 'hook' })
})

import { describe, expect, test } from 'vitest'
import type { Artifact } from '../config/index.ts'
import type { Event } from '../events/index.ts'
import { createImage, type Image } from '../image/index.ts'
import { formatPlatform, parsePlatform, type Platform } from '../platform/index.ts'
import { createLimiter } from '../support/index.ts'
import type { Builder, BuildRequest } from './contract.ts'
import { limitBuilder } from './limited.ts'
import { scheduleBuilds, type ScheduledBuild, type ScheduleOptions } from './schedule.ts'

const host: Platform = { os: 'linux', architecture: 'amd64' }

function artifact(image: string): Artifact {
  return { image, context: '.', builder: { kind: 'docker', dockerfile: 'Dockerfile', buildArgs: {} } }
}

function scheduled(image: string, ...platforms: readonly string[]): ScheduledBuild {
  return {
    artifact: artifact(image),
    contextFolder: '/nowhere',
    platforms: platforms.map((platform) => parsePlatform(platform, host)),
    reference: { registry: 'localhost', repository: image, tag: 'v1' },
    push: true,
  }
}

function imageFor({ os, architecture }: Platform): Image {
  return createImage({ config: { os, architecture }, layers: [] })
}

/** A builder that does what the test says and notes when it starts and ends. */
function builderOf(
  build: (request: BuildRequest) => Promise<void> = () => Promise.resolve(),
  multiPlatform = false,
): { readonly builder: Builder; readonly calls: string[] } {
  const calls: string[] = []
  const builder: Builder = {
    multiPlatform,
    async build(request) {
      const name = `${request.artifact.image} ${request.platforms.map(formatPlatform).join(',')}`
      calls.push(`+${name}`)
      try {
        await build(request)
      } finally {
        calls.push(`-${name}`)
      }
      return { kind: 'images', images: request.platforms.map(imageFor) }
    },
    dependencies: () => Promise.resolve([]),
  }
  return { builder, calls }
}

function options(
  builder: Builder,
  more: Partial<ScheduleOptions> = {},
): ScheduleOptions & { readonly events: Event[] } {
  const events: Event[] = []
  return {
    builderFor: () => Promise.resolve(builder),
    store: (build, result) => {
      const platforms = result.kind === 'images' ? result.images.map((image) => image.platform) : build.platforms
      return Promise.resolve({ reference: `${build.artifact.image}:v1@x`, digest: 'x', platforms })
    },
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
    now: () => 0,
    events,
    ...more,
  }
}

const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Waits for the end of the build that is told to stop, and a little longer, as a builder that tidies up. */
async function untilStopped({ signal }: BuildRequest): Promise<never> {
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  await pause()
  throw signal.reason
}

describe('the schedule', () => {
  test('calls a builder of single platforms once per platform, all at once, and keeps the order', async () => {
    const { builder, calls } = builderOf(pause)
    const run = options(builder)
    const built = await scheduleBuilds(
      [scheduled('a', 'linux/arm64', 'linux/amd64'), scheduled('b', 'linux/amd64')],
      run,
    )
    expect(built.map(({ platforms }) => platforms.map(formatPlatform))).toEqual([
      ['linux/arm64', 'linux/amd64'],
      ['linux/amd64'],
    ])
    expect(calls.slice(0, 3)).toEqual(['+a linux/arm64', '+a linux/amd64', '+b linux/amd64'])
  })

  test('gives all platforms at once to a builder that can make several', async () => {
    const { builder, calls } = builderOf(undefined, true)
    await scheduleBuilds([scheduled('a', 'linux/amd64', 'linux/arm64')], options(builder))
    expect(calls[0]).toBe('+a linux/amd64,linux/arm64')
  })

  test('says when each build starts and ends', async () => {
    const run = options(builderOf().builder)
    await scheduleBuilds([scheduled('a', 'linux/amd64')], run)
    expect(run.events).toEqual([
      { type: 'buildStarted', image: 'a', platforms: ['linux/amd64'] },
      { type: 'buildSucceeded', image: 'a', reference: 'a:v1@x', platforms: ['linux/amd64'], durationMs: 0 },
    ])
  })

  test('the first failure stops the others, is what is thrown, and nothing runs any more then', async () => {
    const failure = new Error('no space')
    const { builder, calls } = builderOf((request) => {
      const isBad = request.artifact.image === 'bad' && request.platforms[0]?.architecture === 'arm64'
      return isBad ? Promise.reject(failure) : untilStopped(request)
    })
    const run = options(builder)
    const builds = [scheduled('good', 'linux/amd64'), scheduled('bad', 'linux/amd64', 'linux/arm64')]
    await expect(scheduleBuilds(builds, run)).rejects.toBe(failure)
    expect(
      calls
        .filter((call) => call.startsWith('+'))
        .map((call) => call.slice(1))
        .toSorted(),
    ).toEqual(
      calls
        .filter((call) => call.startsWith('-'))
        .map((call) => call.slice(1))
        .toSorted(),
    )
    expect(run.events.slice(-2)).toEqual([
      { type: 'buildFailed', image: 'bad', message: 'no space' },
      { type: 'buildCanceled', image: 'good' },
    ])
  })

  test('a failed push is a failed build', async () => {
    const failure = new Error('denied')
    const run = options(builderOf().builder, { store: () => Promise.reject(failure) })
    await expect(scheduleBuilds([scheduled('a', 'linux/amd64')], run)).rejects.toBe(failure)
    expect(run.events.at(-1)).toEqual({ type: 'buildFailed', image: 'a', message: 'denied' })
  })

  test('Ctrl+C cancels every build', async () => {
    const controller = new AbortController()
    const { builder } = builderOf(untilStopped)
    const run = options(builder, { signal: controller.signal })
    const built = scheduleBuilds([scheduled('a', 'linux/amd64'), scheduled('b', 'linux/amd64')], run)
    await pause()
    const reason = new Error('interrupted')
    controller.abort(reason)
    await expect(built).rejects.toBe(reason)
    expect(run.events.slice(-2).map(({ type }) => type)).toEqual(['buildCanceled', 'buildCanceled'])
  })
})

describe('a limited builder', () => {
  test('starts a build only when another one is over', async () => {
    const { builder, calls } = builderOf(pause)
    const limited = limitBuilder(builder, createLimiter(1))
    await scheduleBuilds(
      [scheduled('a', 'linux/amd64', 'linux/arm64'), scheduled('b', 'linux/amd64')],
      options(limited),
    )
    expect(calls.map((call) => call[0]).join('')).toBe('+-+-+-')
  })

  test('does not start those that wait when one fails', async () => {
    const { builder, calls } = builderOf(() => Promise.reject(new Error('broken')))
    const limited = limitBuilder(builder, createLimiter(1))
    const builds = [scheduled('a', 'linux/amd64'), scheduled('b', 'linux/amd64'), scheduled('c', 'linux/amd64')]
    await expect(scheduleBuilds(builds, options(limited))).rejects.toThrow('broken')
    // The next one may have started before the failure was known.
    expect(calls).not.toContain('+c linux/amd64')
  })
})

import { describe, expect, test } from 'vitest'
import { parseConfig } from '../config/index.ts'
import { isToolError } from '../errors/index.ts'
import type { Event } from '../events/index.ts'
import { formatPlatform } from '../platform/index.ts'
import type { NodeFacts } from '../placement/index.ts'
import type { Context, Project } from './contract.ts'
import { planBuilds, type PlanOptions } from './plan-builds.ts'

const host = { os: 'linux', architecture: 'amd64' }

function project(build: string): Project {
  const text = `apiVersion: skaffold/v4beta13\nkind: Config\nbuild:\n  tagPolicy: {sha256: {}}\n${build}`
  return { configs: parseConfig(text, { file: 'sub/skaffold.yaml', env: {} }), files: [] }
}

const oneArtifact = '  artifacts: [{image: app, context: src}]\n'

/** A context in which nothing may be opened: planning needs no registry, no builder and no cluster. */
function outside(more: Partial<Context> = {}): Context & { readonly events: Event[] } {
  const events: Event[] = []
  const closed = (): Promise<never> => Promise.reject(new Error('nothing may be opened here'))
  return {
    registry: closed,
    inspector: closed,
    builder: closed,
    connect: closed,
    google: () => Promise.reject(new Error('nothing goes to Google')),
    kubeContext: closed,
    host,
    cwd: '/project',
    defaultRepo: 'reg.example.com/team',
    runProcess: closed,
    env: {},
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
    now: () => 0,
    runId: 'run',
    events,
    ...more,
  }
}

function options(more: Partial<PlanOptions> = {}): PlanOptions {
  return {
    platforms: [],
    onlyImages: [],
    onlyOnePlatform: false,
    checkCluster: true,
    nodes: [],
    isDeployed: false,
    ...more,
  }
}

function nodes(...architectures: readonly string[]): readonly NodeFacts[] {
  return architectures.map((architecture, index) => ({
    name: `node-${index}`,
    platform: { os: 'linux', architecture },
    labels: {},
    taints: [],
  }))
}

const both = ['linux/amd64', 'linux/arm64']

describe('a platform that nobody asked for', () => {
  test.each([
    ['is said by a build', {}, true],
    ['is said by build --dry-run', { dryRun: true }, true],
    ['is not said by a render that only looks names up', { dryRun: true, isDeployed: true }, false],
  ])('%s', async (_, more, isSaid) => {
    const context = outside()
    await planBuilds(context, project(oneArtifact), options(more))
    expect(context.events.some(({ type }) => type === 'info')).toBe(isSaid)
  })
})

describe('the plan', () => {
  test('says the tags, and why these platforms', async () => {
    const context = outside()
    const plan = await planBuilds(context, project(oneArtifact), options({ nodes: nodes('arm64', 'amd64', 'arm64') }))
    expect(plan).toMatchObject([
      {
        name: 'reg.example.com/team/app:latest',
        contextFolder: '/project/sub/src',
        reference: { registry: 'reg.example.com', repository: 'team/app', tag: 'latest' },
        push: true,
        reason: "the platforms of the cluster's nodes",
      },
    ])
    expect(plan[0]?.platforms.map(formatPlatform)).toEqual(both)
    expect(context.events).toEqual([
      {
        type: 'platformsResolved',
        image: 'app',
        platforms: both,
        reason: "the platforms of the cluster's nodes",
        from: { asked: [], cluster: both, artifact: [] },
      },
      { type: 'tagsStarted' },
      { type: 'tagGenerated', image: 'app', reference: 'reg.example.com/team/app:latest' },
    ])
  })

  test.each<[string, string, Partial<PlanOptions>, readonly string[]]>([
    ['-t wins over the policy', oneArtifact, { tag: 'v1' }, ['reg.example.com/team/app:v1']],
    [
      '-b takes parts of names',
      '  artifacts: [{image: web}, {image: worker}, {image: base}]\n',
      { onlyImages: ['w'], tag: 'v1' },
      ['reg.example.com/team/web:v1', 'reg.example.com/team/worker:v1'],
    ],
    ['nothing to build, nothing said', '  artifacts: []\n', {}, []],
  ])('%s', async (_, build, more, names) => {
    const context = outside()
    const plan = await planBuilds(context, project(build), options(more))
    expect(plan.map(({ name }) => name)).toEqual(names)
    expect(context.events.some(({ type }) => type === 'tagsStarted')).toBe(names.length > 0)
  })
})

test('a platform that nobody asked for is said', async () => {
  const context = outside()
  await planBuilds(context, project(oneArtifact), options())
  expect(context.events).toContainEqual({
    type: 'info',
    text: "app is built for linux/amd64: this machine's platform: none was asked for and no cluster was read",
  })
})

describe('what is refused before the first build', () => {
  const two: Partial<PlanOptions> = { platforms: both }
  test.each<[string, string, Partial<PlanOptions>, string]>([
    ['several platforms without push', oneArtifact, { ...two, push: false }, 'BUILD_PUSH_NEEDED'],
    [
      'several platforms where the file says no push',
      `  local: {push: false}\n${oneArtifact}`,
      two,
      'BUILD_PUSH_NEEDED',
    ],
    ['an image for a cluster that is not pushed', oneArtifact, { push: false, isDeployed: true }, 'BUILD_PUSH_NEEDED'],
    [
      'platforms that the artifact does not allow',
      '  artifacts: [{image: app, platforms: [linux/s390x]}]\n',
      two,
      'PLATFORM_CONSTRAINT',
    ],
    ['a word that is no platform', oneArtifact, { platforms: ['linux/'] }, 'PLATFORM_INVALID'],
    ['a tag that is none', oneArtifact, { tag: 'a b' }, 'REFERENCE_INVALID'],
  ])('%s', async (_, build, more, code) => {
    const error = await planBuilds(outside(), project(build), options(more)).catch((error: unknown) => error)
    expect(isToolError(error) ? error.code : error).toBe(code)
    expect(isToolError(error) ? error.hint : undefined).toBeTruthy()
  })

  const { defaultRepo: _unset, ...withoutRepo } = outside()

  test('a name without a registry', async () => {
    const planned = planBuilds(withoutRepo, project(oneArtifact), options())
    await expect(planned).rejects.toMatchObject({ code: 'BUILD_REGISTRY_MISSING' })
  })

  test.each<[string, Partial<PlanOptions>]>([
    ['a dry run needs no registry', { dryRun: true }],
    ['one platform may be built without pushing', { push: false }],
  ])('but not: %s', async (_, more) => {
    await expect(planBuilds(withoutRepo, project(oneArtifact), options(more))).resolves.toHaveLength(1)
  })
})

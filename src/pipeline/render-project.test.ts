import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseConfig } from '../config/index.ts'
import { ToolError } from '../errors/index.ts'
import type { Event } from '../events/index.ts'
import { imageFields, valueAt } from '../resource/index.ts'
import { runProcess } from '../subprocess/index.ts'
import type { Context, Project } from './contract.ts'
import { renderProject, type RenderedProject, type RenderProjectOptions } from './render-project.ts'

let folder: string
let events: Event[]
let asked: string[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'render-'))
  events = []
  asked = []
  await writeFile(join(folder, 'pod.yaml'), pod('app'))
})
afterEach(async () => rm(folder, { recursive: true, force: true }))

function pod(image: string): string {
  return `apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - {name: c, image: ${image}} # kept\n`
}

function project(more = ''): Project {
  const text = `apiVersion: skaffold/v4beta13
kind: Config
build: {tagPolicy: {sha256: {}}, artifacts: [{image: app, context: .}]}
manifests: {rawYaml: [pod.yaml]${more}}
`
  return { configs: parseConfig(text, { file: 'skaffold.yaml', env: {} }), files: [] }
}

/** A registry that has what is in `known`; nothing else of the outside may be touched. */
function context(known: Readonly<Record<string, readonly string[]>> = {}): Context {
  const closed = (): Promise<never> => Promise.reject(new Error('nothing may be opened here'))
  return {
    registry: closed,
    inspector: () =>
      Promise.resolve({
        inspect: (reference: string) => {
          asked.push(reference)
          const found = known[reference]
          if (found === undefined) return Promise.reject(new ToolError('MANIFEST_UNKNOWN', 'there is no such image'))
          const platforms = found.map((architecture) => ({ os: 'linux', architecture }))
          return Promise.resolve({ reference, digest: 'sha256:0a', kind: 'index' as const, platforms })
        },
      }),
    builder: closed,
    connect: closed,
    google: () => Promise.reject(new Error('nothing goes to Google')),
    kubeContext: () => Promise.resolve(undefined),
    host: { os: 'linux', architecture: 'amd64' },
    cwd: folder,
    defaultRepo: 'reg.example.com/team',
    runProcess,
    env: { PATH: process.env['PATH'] },
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
    now: () => 0,
    runId: 'run',
  }
}

async function render(
  of: Context,
  { more, ...options }: Partial<RenderProjectOptions> & { readonly more?: string } = {},
): Promise<RenderedProject & { readonly images: readonly string[] }> {
  const rendered = await renderProject(of, project(more), {
    build: { platforms: [], onlyImages: [], onlyOnePlatform: false, checkCluster: false },
    render: { gkeToleration: true, labels: {} },
    digestSource: 'none',
    offline: false,
    ...options,
  })
  return {
    ...rendered,
    images: rendered.objects.flatMap((object) => imageFields({ object })).map(({ value }) => value),
  }
}

const name = 'reg.example.com/team/app:latest'

describe('images come from', () => {
  test('nowhere', async () => {
    const { text, images } = await render(context(), { digestSource: 'none' })
    expect(images).toEqual(['app'])
    expect(text).toBe(pod('app'))
    expect(asked).toEqual([])
  })

  test('their tags', async () => {
    expect((await render(context(), { digestSource: 'tag' })).images).toEqual([name])
    expect(asked).toEqual([])
  })

  test('the registry, which is asked once also for the platforms', async () => {
    const affinity = { affinity: true, gkeToleration: true, labels: {} }
    const { images, objects } = await render(context({ [name]: ['amd64', 'arm64'] }), {
      digestSource: 'remote',
      render: affinity,
    })
    expect(images).toEqual([`${name}@sha256:0a`])
    expect(asked).toEqual([name])
    const path = ['spec', 'affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution']
    expect(valueAt(objects[0], [...path, 'nodeSelectorTerms'])).toHaveLength(2)
  })

  test('what is given, whatever the source', async () => {
    const given = [{ image: 'app', reference: 'elsewhere.example.com/app:v2' }]
    for (const digestSource of ['local', 'remote', 'none'] as const) {
      const of = { ...context(), defaultRepo: '' }
      expect((await render(of, { digestSource, given })).images).toEqual(['elsewhere.example.com/app:v2'])
    }
    expect(asked).toEqual([])
  })

  test('a registry that does not have them is an error that says what to do', async () => {
    await expect(render(context(), { digestSource: 'remote' })).rejects.toMatchObject({
      code: 'MANIFEST_UNKNOWN',
      message: `failed to resolve the digest of ${name}: does the image exist remotely? there is no such image`,
      hint: expect.stringContaining('--digest-source=local') as string,
    })
  })
})

describe('a namespace', () => {
  const inNamespace = { render: { gkeToleration: true, labels: {}, namespace: 'team' } }
  test.each([
    ['is filled in', false, 'team'],
    ['is not when no cluster is asked', true, undefined],
  ])('%s', async (_what, offline, expected) => {
    const { objects } = await render(context(), { ...inNamespace, offline })
    expect(objects[0]?.metadata.namespace).toBe(expected)
  })
})

test('an image that no manifest names is warned of, unless another is built from it', async () => {
  await writeFile(join(folder, 'pod.yaml'), pod('other'))
  await render(context(), { digestSource: 'tag' })
  expect(events.filter(({ type }) => type === 'warning')).toEqual([
    { type: 'warning', text: 'image [app] is not used by any resource', hint: 'name it in a manifest: "image: app"' },
  ])
})

const node = (code: string): string => JSON.stringify([process.execPath, '-e', code])
const said = (): readonly string[] => events.flatMap((event) => (event.type === 'info' ? [event.text] : []))

describe('hooks', () => {
  test('run around rendering; what they print is told and is not in the manifests', async () => {
    const before = node(
      `require('fs').writeFileSync('pod.yaml', ${JSON.stringify(pod('made'))}); console.log('before')`,
    )
    const after = node(`process.stdin.on('data', (d) => console.log('after', String(d).includes('made')))`)
    const never = `{host: {command: ["no-such-program"], os: [plan9]}}`
    const more = `, hooks: {before: [{host: {command: ${before}}}, ${never}], after: [{host: {command: ${after}}}]}`
    expect((await render(context(), { more })).images).toEqual(['made'])
    expect(said()).toEqual([
      'Starting pre-render hooks...',
      'before',
      'Completed pre-render hooks',
      'Starting post-render hooks...',
      'after true',
      'Completed post-render hooks',
    ])
  })

  test('with a change: what they print takes the place of the manifests, and is placed', async () => {
    const sidecar = pod('app').replace('spec:\n', 'spec:\n  initContainers: [{name: i, image: side}]\n')
    const change = node(`process.stdin.resume().on('end', () => process.stdout.write(${JSON.stringify(sidecar)}))`)
    const { images, objects } = await render(context({ side: ['arm64'], [name]: ['amd64', 'arm64'] }), {
      more: `, hooks: {after: [{host: {command: ${change}, withChange: true}}]}`,
      digestSource: 'remote',
      render: { affinity: true, gkeToleration: true, labels: {} },
    })
    expect(images).toEqual(['side', `${name}@sha256:0a`])
    expect(JSON.stringify(objects[0]?.['spec'])).toContain('"values":["arm64"]')
    expect(JSON.stringify(objects[0]?.['spec'])).not.toContain('"values":["amd64"]')
  })

  test.each([
    ['one that fails', 'process.exit(3)', 'exited with 3'],
    ['one that prints nothing', '', 'printed no manifests'],
  ])('%s is an error', async (_what, code, message) => {
    const more = `, hooks: {after: [{host: {command: ${node(code)}, withChange: true}}]}`
    await expect(render(context(), { more })).rejects.toMatchObject({
      code: 'RENDER_HOOK_FAILED',
      message: expect.stringContaining(message) as string,
    })
  })
})

test('every image is looked up once for all configurations', async () => {
  await writeFile(join(folder, 'pod.yaml'), pod('third:1'))
  const twice = { ...project(), configs: [...project().configs, ...project().configs] }
  await renderProject(context({ 'third:1': ['amd64'] }), twice, {
    build: { platforms: [], onlyImages: [], onlyOnePlatform: false, checkCluster: false },
    render: { affinity: true, gkeToleration: true, labels: {} },
    digestSource: 'none',
    offline: true,
  })
  expect(asked).toEqual(['third:1'])
})

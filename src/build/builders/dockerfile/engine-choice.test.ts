import { expect, test } from 'vitest'
import { parsePlatform, type Platform } from '../../../platform/index.ts'
import type { Choice } from './choose-builder.ts'
import { checkRuns, describeRuns, findEngine, type FoundEngine } from './engine-choice.ts'
import type { Engine, EngineNode, EngineState } from './engine.ts'

/** Which engine, on which machine, with or without emulation. */

const linux: Platform = { os: 'linux', architecture: 'amd64' }
const signal = new AbortController().signal

function platforms(text: string): readonly Platform[] {
  return text === '' ? [] : text.split(' ').map((name) => parsePlatform(`linux/${name}`, linux))
}

function anEngine(name: Engine['name'], state: Partial<EngineState>): Engine {
  const there: EngineState = { isThere: true, title: name, platforms: [linux], lacks: [], ...state } as EngineState
  return { name, probe: () => Promise.resolve(there), build: () => Promise.reject(new Error('not here')) }
}

function aChoice(...runs: readonly string[]): Exclude<Choice, { kind: 'native' }> {
  const run = (platform: Platform): { stage: string; where: string; platform: Platform } => ({
    stage: 'stage 0',
    where: 'Dockerfile:2',
    platform,
  })
  return { kind: 'engine', reason: 'because', runs: runs.flatMap((text) => platforms(text).map(run)) }
}

function node(name: string, native: string, all: string, pinned = ''): EngineNode {
  const [own] = platforms(native)
  return { name, platforms: platforms(all), pinned: platforms(pinned), ...(own === undefined ? {} : { native: own }) }
}

function found(all: string, nodes?: readonly EngineNode[]): FoundEngine {
  const engine = anEngine('docker', {})
  return { engine, title: 'Docker', platforms: platforms(all), ...(nodes === undefined ? {} : { nodes }) }
}

test.each<[string, FoundEngine, string, string | undefined]>([
  ['its own platform', found('amd64 arm64'), 'amd64', undefined],
  ['an emulated one', found('amd64 arm64'), 'arm64', 'programs for linux/arm64 are emulated'],
  [
    'a node of that platform',
    found('amd64 arm64', [node('a', 'amd64', 'amd64'), node('b', 'arm64', 'arm64')]),
    'arm64',
    'programs for linux/arm64 run on node b, without emulation',
  ],
  [
    'two platforms, a node each',
    found('amd64 arm64', [node('a', 'amd64', 'amd64'), node('b', 'arm64', 'arm64')]),
    'arm64 amd64',
    'programs for linux/arm64 run on node b, without emulation; programs for linux/amd64 run on node a, without emulation',
  ],
  [
    'a node that emulates',
    found('amd64 arm64', [node('a', 'amd64', 'amd64 arm64')]),
    'arm64',
    'programs for linux/arm64 are emulated on node a',
  ],
  [
    'a node that emulates and stands before the right one',
    found('amd64 arm64', [node('a', 'amd64', 'amd64 arm64'), node('b', 'arm64', 'arm64 amd64')]),
    'arm64',
    'programs for linux/arm64 are emulated on node a, though b needs no emulation: give each node its --platform',
  ],
  [
    'a node that emulates, behind which one is for that platform',
    found('amd64 arm64', [node('a', 'amd64', 'amd64 arm64'), node('b', 'arm64', 'arm64', 'arm64')]),
    'arm64',
    'programs for linux/arm64 run on node b, without emulation',
  ],
  ['nodes that sleep', found('', [node('a', '', '')]), 'arm64', undefined],
  ['nothing runs', found('amd64', [node('a', 'amd64', 'amd64')]), '', undefined],
])('where programs run: %s', (_, engine, wanted, said) => {
  expect(describeRuns(engine, aChoice(wanted))).toBe(said)
})

test('nobody is refused by a builder that does not say yet what it runs', () => {
  expect(() => checkRuns(found('', [node('a', '', '')]), aChoice('s390x'))).not.toThrow()
  expect(() => checkRuns(found('amd64'), aChoice('s390x'))).toThrow(
    expect.objectContaining({ code: 'BUILD_EMULATOR_MISSING' }),
  )
})

test('an engine that cannot do what a field asks for is passed over', async () => {
  const old = anEngine('docker', { isThere: true, title: 'Docker 20 without buildx', lacks: ['secrets', 'ssh'] })
  const engines = [old, anEngine('buildah', {})]
  const need = { choice: aChoice(), signal }
  expect((await findEngine(engines, { ...need, features: [] })).engine.name).toBe('docker')
  expect((await findEngine(engines, { ...need, features: ['secrets'] })).engine.name).toBe('buildah')
  await expect(findEngine([old], { ...need, features: ['ssh'] })).rejects.toThrow(
    'because; Docker 20 without buildx cannot do docker.ssh of skaffold.yaml',
  )
})

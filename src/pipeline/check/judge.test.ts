import { describe, expect, test } from 'vitest'
import type { ImageFacts, NodeFacts, PodSpec } from '../../placement/index.ts'
import { parsePlatform } from '../../platform/index.ts'
import { judgePod } from './judge.ts'

const host = { os: 'linux', architecture: 'amd64' }

function image(reference: string, ...platforms: readonly string[]): ImageFacts {
  if (platforms.length === 0) return { reference, platforms: 'unknown', reason: 'there is no such image' }
  return { reference, platforms: platforms.map((text) => parsePlatform(text, host)) }
}

function node(name: string, architecture: string, more: Partial<NodeFacts> = {}): NodeFacts {
  const labels = { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': architecture }
  return { name, platform: { os: 'linux', architecture }, labels, taints: [], ...more }
}

const mixed = [node('a', 'amd64'), node('b', 'amd64'), node('r', 'arm64')]
const intel = image('intel', 'linux/amd64')
const both = image('both', 'linux/amd64', 'linux/arm64')
const onArm: PodSpec = { nodeSelector: { 'kubernetes.io/arch': 'arm64' } }

describe('a pod', () => {
  test.each<[string, readonly ImageFacts[], PodSpec, readonly NodeFacts[], string, readonly RegExp[]]>([
    ['runs everywhere', [both], {}, mixed, 'runs', []],
    ['of one platform on nodes of that platform', [intel], {}, mixed.slice(0, 2), 'runs', []],
    [
      'of one platform that nothing keeps from the others',
      [intel],
      {},
      mixed,
      'crashes',
      [/arch in amd64/, /build intel for linux\/arm64/],
    ],
    ['whose sidecar lacks a platform', [both, intel], {}, mixed, 'crashes', [/arch in amd64/, /build intel for/]],
    [
      'kept on its platform by its own rule',
      [intel],
      { nodeSelector: { 'kubernetes.io/arch': 'amd64' } },
      mixed,
      'runs',
      [],
    ],
    [
      'sent to the wrong platform by its own rule',
      [intel],
      onArm,
      mixed,
      'crashes',
      [/its own rules exclude/, /build intel for/],
    ],
    [
      'for which there is no node',
      [both],
      { nodeSelector: { pool: 'x' } },
      mixed,
      'pending',
      [/no node of the cluster/],
    ],
    [
      'whose image cannot be read',
      [image('gone')],
      {},
      mixed,
      'unknown',
      [/why gone cannot be read: there is no such image/],
    ],
    [
      'one of whose images cannot be read, another would crash',
      [image('gone'), intel],
      {},
      mixed,
      'crashes',
      [/arch in amd64/, /build intel for/],
    ],
    [
      'kept off by a taint',
      [intel],
      {},
      [node('a', 'amd64'), node('r', 'arm64', { taints: [{ key: 'x', effect: 'NoSchedule' }] })],
      'runs',
      [],
    ],
    ['where nodes are not known', [intel], {}, [], 'runs', []],
  ])('%s', (_, images, podSpec, nodes, verdict, changes) => {
    const judged = judgePod({ podSpec, images, nodes })
    expect(judged.verdict).toBe(verdict)
    expect(judged.changes).toEqual(changes.map((text) => expect.stringMatching(text) as string))
  })

  test('each platform of the nodes is told about', () => {
    expect(judgePod({ podSpec: {}, images: [intel], nodes: mixed }).platforms).toEqual([
      { platform: 'linux/amd64', nodes: 2, taking: 2, runs: 'yes', reason: 'its image runs on linux/amd64' },
      {
        platform: 'linux/arm64',
        nodes: 1,
        taking: 1,
        runs: 'no',
        reason: 'intel has no linux/arm64, only linux/amd64',
      },
    ])
  })

  test('where no rule can be written, something else is advised', () => {
    const { changes } = judgePod({
      podSpec: {},
      images: [intel],
      nodes: mixed,
      refusesPlacement: { hint: 'turn it on' },
    })
    expect(changes).toEqual(['turn it on', 'or build intel for linux/arm64'])
  })
})

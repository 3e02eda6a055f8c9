import { describe, expect, test } from 'vitest'
import { formatPlatform, parsePlatform, type Platform } from '../platform/index.ts'
import { resolvePlatforms, type PlatformQuestion } from './platforms.ts'

const host: Platform = { os: 'linux', architecture: 'amd64' }
const list = (text: string): string[] => (text === '' ? [] : text.split(','))

interface Row {
  cli?: string
  cluster?: string
  pipeline?: string
  artifact?: string
  onlyOne?: boolean
  machine?: string
}

function question(row: Row): PlatformQuestion {
  return {
    asked: list(row.cli ?? ''),
    configured: list(row.pipeline ?? ''),
    cluster: list(row.cluster ?? '').map((text) => parsePlatform(text, host)),
    artifacts: [
      { image: 'img1', ...(row.artifact === undefined ? {} : { platforms: list(row.artifact) }) },
      { image: 'img2' },
    ],
    onlyOne: row.onlyOne ?? false,
    host: row.machine === undefined ? host : parsePlatform(row.machine, host),
  }
}

function resolve(row: Row): { first: string; second: string; warnings: readonly string[] } {
  const { answers, warnings } = resolvePlatforms(question(row))
  const [first = '', second = ''] = answers.map((answer) => answer.platforms.map(formatPlatform).join(','))
  return { first, second, warnings }
}

describe('which platforms are built', () => {
  test.each<[string, Row, string, string]>([
    [
      '--platform replaces build.platforms',
      { cli: 'amd64,386', pipeline: 'windows/amd64' },
      'linux/amd64,linux/386',
      'linux/amd64,linux/386',
    ],
    ['the cluster narrows', { cli: 'amd64,386', cluster: 'linux/amd64', onlyOne: true }, 'linux/amd64', 'linux/amd64'],
    [
      'an artifact intersects',
      { cli: 'amd64,386', pipeline: 'windows/amd64', artifact: 'darwin/arm64,linux/386' },
      'linux/386',
      'linux/amd64,linux/386',
    ],
    [
      'run on a mixed cluster builds all',
      { cluster: 'linux/amd64,linux/arm64' },
      'linux/amd64,linux/arm64',
      'linux/amd64,linux/arm64',
    ],
    [
      "dev takes the machine's own",
      { cluster: 'linux/amd64,linux/arm64', onlyOne: true, machine: 'linux/arm64' },
      'linux/arm64',
      'linux/arm64',
    ],
    [
      'dev takes the first otherwise',
      { cluster: 'linux/arm64,linux/s390x', onlyOne: true },
      'linux/arm64',
      'linux/arm64',
    ],
    ['an artifact alone decides', { artifact: 'linux/s390x' }, 'linux/s390x', 'linux/amd64'],
    [
      'all is what the cluster has',
      { cli: 'all', cluster: 'linux/amd64,linux/arm64' },
      'linux/amd64,linux/arm64',
      'linux/amd64,linux/arm64',
    ],
    ['nothing known is this machine', { machine: 'linux/arm64' }, 'linux/arm64', 'linux/arm64'],
  ])('%s', (_, row, first, second) => {
    expect(resolve(row)).toMatchObject({ first, second })
  })

  test('a cluster that has none of them warns and changes nothing', () => {
    const { first, warnings } = resolve({ cli: 'amd64,386', cluster: 'linux/arm64', onlyOne: true })
    expect(first).toBe('linux/amd64')
    expect(warnings[0]).toBe(
      'build target platforms "linux/amd64,linux/386" do not match active kubernetes cluster node platforms "linux/arm64"',
    )
  })

  test('dropped platforms are said', () => {
    expect(resolve({ cluster: 'linux/amd64,linux/arm64', onlyOne: true }).warnings[0]).toContain(
      'building only linux/amd64 of linux/amd64,linux/arm64',
    )
  })

  test('an artifact that leaves nothing is an error in Skaffold’s words', () => {
    expect(() => resolve({ cli: 'amd64,386', cluster: 'linux/amd64', artifact: 'darwin/arm64' })).toThrow(
      'build target platforms "linux/amd64" do not match platform constraints "["darwin/arm64"]" defined for artifact "img1"',
    )
  })

  test('all without a cluster is never guessed', () => {
    expect(() => resolve({ cli: 'all' })).toThrow('"all" leaves the platforms of img1 open')
  })

  test('every choice says why', () => {
    const { answers } = resolvePlatforms(question({ cluster: 'linux/amd64', artifact: 'linux/amd64' }))
    expect(answers.map(({ reason }) => reason)).toEqual([
      "the platforms of the cluster's nodes, limited by the artifact",
      "the platforms of the cluster's nodes",
    ])
  })
})

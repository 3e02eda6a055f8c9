import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  formatPlatform,
  formatPlatformFully,
  formatPlatformSet,
  intersectPlatforms,
  isCrossPlatform,
  isEmptySet,
  isMultiPlatform,
  isPlatform,
  knownArchitectures,
  knownOperatingSystems,
  normalizePlatform,
  only,
  onlyStrict,
  parsePlatform,
  parsePlatformSet,
  platformsEqual,
  platformTagSuffix,
  runnableOn,
  selectOne,
  selectPlatform,
  uniquePlatforms,
  type Platform,
} from './index.ts'

const host: Platform = { os: 'linux', architecture: 'amd64' }
const p = (text: string): Platform => parsePlatform(text, host)

describe('parsing', () => {
  test.each([
    ['linux', 'linux/amd64'],
    ['arm64', 'linux/arm64'],
    ['LINUX/AMD64', 'linux/amd64'],
    ['macos', 'darwin/amd64'],
    ['linux/x86_64', 'linux/amd64'],
    ['linux/x86-64', 'linux/amd64'],
    ['linux/aarch64', 'linux/arm64'],
    ['linux/i386', 'linux/386'],
    ['linux/armhf', 'linux/arm'],
    ['armhf', 'linux/arm'],
    ['linux/armel', 'linux/arm/v6'],
    ['linux/arm', 'linux/arm'],
    ['linux/arm/v7', 'linux/arm/v7'],
    ['linux/arm/7', 'linux/arm/v7'],
    ['linux/arm64', 'linux/arm64'],
    ['linux/arm64/v8', 'linux/arm64/v8'],
    ['linux/arm64/8.0', 'linux/arm64/v8'],
    ['linux/arm64/v9.0', 'linux/arm64/v9'],
    ['linux/amd64/v1', 'linux/amd64'],
    ['linux/amd64/v3', 'linux/amd64/v3'],
    ['freebsd/arm', 'freebsd/arm'],
    ['darwin/amd64', 'darwin/amd64'],
    ['linux/riscv64', 'linux/riscv64'],
    ['linux/loong64', 'linux/loong64'],
  ])('%s is %s', (text, formatted) => {
    expect(formatPlatform(p(text))).toBe(formatted)
  })

  test.each(['__proto__', 'constructor', 'toString'])(
    '%s is an architecture that no other one runs',
    (architecture) => {
      const normal = normalizePlatform({ os: 'linux', architecture, variant: architecture })
      expect(runnableOn(normal)).toEqual([normal])
      expect(normal.architecture).toBe(architecture.toLowerCase())
      for (const known of ['arm', 'arm64']) {
        const variant = architecture.toLowerCase()
        expect(normalizePlatform({ os: 'linux', architecture: known, variant }).variant).toBe(variant)
      }
    },
  )

  test.each([
    '',
    'foo',
    'foo/arm64',
    'darwin/foo',
    'linux/*',
    '*',
    'a/b/c/d',
    'linux/',
    '/amd64',
    'linux(/amd64',
    'lin ux',
    'linux/__proto__',
    'linux/constructor',
    'toString',
  ])('"%s" is refused', (text) => {
    expect(() => p(text)).toThrow(`unable to recognise platform "${text}"`)
    expect(isPlatform(text, host)).toBe(false)
  })

  test('windows carries its build and features', () => {
    const parsed = p('windows(10.0.17763+win32k)/amd64')
    expect(parsed).toEqual({ os: 'windows', architecture: 'amd64', osVersion: '10.0.17763', osFeatures: ['win32k'] })
    expect(formatPlatformFully(parsed)).toBe('windows(10.0.17763+win32k)/amd64')
    expect(formatPlatform(parsed)).toBe('windows/amd64')
  })

  test('a platform without a system prints unknown', () => {
    expect(formatPlatform({ os: '', architecture: 'arm64' })).toBe('unknown/arm64')
    expect(platformTagSuffix(p('linux/arm/v7'))).toBe('linux_arm_v7')
  })
})

describe('strict matching', () => {
  test.each([
    ['linux/arm', 'linux/arm/v7', true],
    ['linux/armhf', 'linux/arm/v7', true],
    ['linux/arm64', 'linux/arm64/v8', true],
    ['linux/arm64', 'linux/arm64/v9', false],
    ['linux/amd64', 'linux/amd64/v1', true],
    ['linux/amd64', 'linux/amd64/v2', false],
    ['linux/arm/v6', 'linux/arm/v7', false],
    ['linux/amd64', 'windows/amd64', false],
  ])('%s and %s: %s', (left, right, same) => {
    expect(onlyStrict(p(left)).matches(p(right))).toBe(same)
    expect(onlyStrict(p(right)).matches(p(left))).toBe(same)
    expect(platformsEqual(p(left), p(right))).toBe(same)
  })
})

test.each(['linux/constructor', 'linux/__proto__', 'toString'])('%s is no platform', (text) => {
  expect(isPlatform(text, host)).toBe(false)
})

test.each(['linux/arm64/constructor', 'linux/arm/__proto__', 'linux/amd64/toString'])('%s has that variant', (text) => {
  expect(formatPlatform(p(text))).toBe(text.toLowerCase())
})

describe('what a machine can run, best first', () => {
  test.each([
    ['linux/amd64', 'linux/amd64 linux/386'],
    ['linux/amd64/v3', 'linux/amd64/v3 linux/amd64/v2 linux/amd64 linux/386'],
    ['linux/386', 'linux/386'],
    ['linux/arm', 'linux/arm/v7 linux/arm/v6 linux/arm/v5'],
    ['linux/arm/v8', 'linux/arm/v8 linux/arm/v7 linux/arm/v6 linux/arm/v5'],
    ['linux/arm/v5', 'linux/arm/v5'],
    ['linux/arm64', 'linux/arm64 linux/arm/v8 linux/arm/v7 linux/arm/v6 linux/arm/v5'],
    [
      'linux/arm64/v8.2',
      'linux/arm64/v8.2 linux/arm64/v8.1 linux/arm64 linux/arm/v8 linux/arm/v7 linux/arm/v6 linux/arm/v5',
    ],
    [
      'linux/arm64/v9',
      'linux/arm64/v9 linux/arm64/v8.5 linux/arm64/v8.4 linux/arm64/v8.3 linux/arm64/v8.2 linux/arm64/v8.1 linux/arm64 linux/arm/v8 linux/arm/v7 linux/arm/v6 linux/arm/v5',
    ],
    [
      'linux/arm64/v9.1',
      'linux/arm64/v9.1 linux/arm64/v9 linux/arm64/v8.6 linux/arm64/v8.5 linux/arm64/v8.4 linux/arm64/v8.3 linux/arm64/v8.2 linux/arm64/v8.1 linux/arm64 linux/arm/v8 linux/arm/v7 linux/arm/v6 linux/arm/v5',
    ],
    ['linux/s390x', 'linux/s390x'],
    ['freebsd/amd64', 'freebsd/amd64 freebsd/386'],
  ])('%s', (text, vector) => {
    expect(runnableOn(p(text)).map(formatPlatform).join(' ')).toBe(vector)
  })

  test('the best variant is chosen, ties by position', () => {
    const choose = (hostText: string, candidates: string[]): string | undefined =>
      selectOne(only(p(hostText)), candidates, (text) => p(text))
    expect(choose('linux/arm64', ['linux/arm/v7', 'linux/arm64', 'linux/amd64'])).toBe('linux/arm64')
    expect(choose('linux/arm64', ['linux/arm/v6', 'linux/arm/v7'])).toBe('linux/arm/v7')
    expect(choose('linux/amd64', ['linux/386', 'linux/arm64'])).toBe('linux/386')
    expect(choose('linux/amd64', ['linux/arm64', 'linux/amd64/v2'])).toBeUndefined()
    const first = { name: 'first', platform: host }
    expect(selectOne(only(host), [first, { name: 'second', platform: host }], (entry) => entry.platform)).toBe(first)
    expect(selectOne(only(host), [first], () => undefined)).toBeUndefined()
  })

  test('an image that needs features runs only where they are, the richer one first', () => {
    const plain: Platform = host
    const rich: Platform = { ...host, osFeatures: ['fancy'] }
    expect(only(plain).matches(rich)).toBe(false)
    expect(only(rich).matches(plain)).toBe(true)
    expect(selectOne(only(rich), [plain, rich], (entry) => entry)).toBe(rich)
  })
})

describe('windows builds', () => {
  const windows = (build?: number): Platform => ({
    os: 'windows',
    architecture: 'amd64',
    ...(build === undefined ? {} : { osVersion: `10.0.${build}.1` }),
  })
  test.each([
    [17763, 17763, true],
    [17763, 19042, false],
    [19042, 17763, false],
    [20348, 20348, true],
    [20348, 17763, false],
    [22621, 20348, true],
    [26100, 20348, true],
    [26100, 26200, false],
    [26200, 26100, true],
    [26200, 20348, false],
    [undefined, 17763, true],
    [17763, undefined, true],
  ])('a host of build %s runs an image of build %s: %s', (hostBuild, imageBuild, runs) => {
    expect(only(windows(hostBuild)).matches(windows(imageBuild))).toBe(runs)
  })

  test('the higher build is preferred, win32k is not asked for', () => {
    const images = [windows(20348), windows(22621)]
    expect(selectOne(only(windows(22621)), images, (entry) => entry)).toBe(images[1])
    expect(only(windows(20348)).matches({ ...windows(20348), osFeatures: ['win32k'] })).toBe(true)
  })
})

describe('sets', () => {
  const set = (text: string): ReturnType<typeof parsePlatformSet> =>
    parsePlatformSet(text === '' ? [] : text.split(','), host)

  test.each([
    ['all', true, true],
    ['linux/amd64,linux/arm64', true, true],
    ['freebsd/arm', false, true],
    ['linux/amd64', false, false],
    ['linux/386', false, false],
    ['', false, false],
    ['linux/amd64,ALL', true, true],
  ])('%s: multi %s, cross %s', (text, multi, cross) => {
    expect(isMultiPlatform(set(text))).toBe(multi)
    expect(isCrossPlatform(set(text), host)).toBe(cross)
    expect(isEmptySet(set(text))).toBe(text === '')
  })

  test.each([
    ['all', 'all', 'all'],
    ['all', '', ''],
    ['', 'all', ''],
    ['all', 'linux/arm64', 'linux/arm64'],
    ['linux/amd64,windows/amd64', 'linux/amd64,darwin/arm64', 'linux/amd64'],
    ['linux/amd64', 'linux/arm64', ''],
    ['linux/arm64', 'linux/arm64/v8', 'linux/arm64'],
    ['linux/arm64', 'linux/arm64/v9', ''],
    ['linux/arm', 'linux/armhf', 'linux/arm'],
    ['linux/amd64', 'linux/amd64,linux/x86_64', 'linux/amd64'],
  ])('%s ∩ %s = %s', (left, right, result) => {
    expect(formatPlatformSet(intersectPlatforms(set(left), set(right)))).toBe(result)
  })

  test('one is chosen: the preferred, else the first, else the preferred for all', () => {
    expect(formatPlatform(selectPlatform(set('freebsd/arm,linux/amd64'), host))).toBe('linux/amd64')
    expect(formatPlatform(selectPlatform(set('freebsd/arm,linux/arm'), host))).toBe('freebsd/arm')
    expect(formatPlatform(selectPlatform('all', host))).toBe('linux/amd64')
    expect(() => selectPlatform([], host)).toThrow('empty set')
  })

  test('the same platform twice counts once', () => {
    expect(formatPlatformSet(uniquePlatforms([p('linux/arm64'), p('linux/arm64/v8'), p('linux/amd64')]))).toBe(
      'linux/arm64,linux/amd64',
    )
  })
})

describe('laws', () => {
  const platform = fc.record({
    os: fc.constantFrom(...knownOperatingSystems),
    architecture: fc.constantFrom(...knownArchitectures, 'aarch64', 'x86_64', 'armhf', 'armel'),
    variant: fc.constantFrom('v5', 'v6', 'v7', 'v8', 'v9', 'v2'),
  })
  const list = fc.array(platform, { maxLength: 6 }).map((entries) => uniquePlatforms(entries))

  test('normalising twice changes nothing more', () => {
    fc.assert(
      fc.property(platform, (one) => {
        expect(normalizePlatform(normalizePlatform(one))).toEqual(normalizePlatform(one))
      }),
    )
  })

  test('what is printed parses back to the same platform', () => {
    fc.assert(
      fc.property(platform, (one) => {
        const normal = normalizePlatform(one)
        expect(platformsEqual(p(formatPlatform(normal)), normal)).toBe(true)
      }),
    )
  })

  test('any text parses or is refused with PLATFORM_INVALID', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect([true, false]).toContain(isPlatform(text, host))
      }),
    )
  })

  test('intersection holds exactly the members of both sides', () => {
    fc.assert(
      fc.property(list, list, (left, right) => {
        const both = intersectPlatforms(left, right)
        for (const one of left) {
          const inRight = right.some((other) => platformsEqual(one, other))
          expect(both !== 'all' && both.includes(one)).toBe(inRight)
        }
        expect(intersectPlatforms(left, left)).toEqual(left)
        expect(intersectPlatforms(left, 'all')).toEqual(left)
      }),
    )
  })

  test('a machine runs its own platform, and nothing ranks above it', () => {
    fc.assert(
      fc.property(platform, (one) => {
        expect(only(one).matches(one)).toBe(true)
        for (const other of runnableOn(one)) expect(only(one).compare(one, other)).toBeLessThanOrEqual(0)
      }),
    )
  })
})

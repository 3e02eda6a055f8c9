import { describe, expect, test } from 'vitest'
import type { HelmRelease } from '../../config/index.ts'
import { inDependencyOrder } from './release-order.ts'

function release(name: string, ...dependsOn: readonly string[]): HelmRelease {
  return {
    name,
    dependsOn,
    valuesFiles: [],
    setValues: {},
    setValueTemplates: {},
    setFiles: {},
    skipBuildDependencies: false,
    skipTests: false,
    useHelmSecrets: false,
    recreatePods: false,
    wait: false,
  }
}

async function order(releases: readonly HelmRelease[], concurrency: number): Promise<readonly string[]> {
  const log: string[] = []
  const results = await inDependencyOrder(releases, {
    concurrency,
    run: async ({ name }) => {
      log.push(`+${name}`)
      await new Promise((resolve) => setImmediate(resolve))
      log.push(`-${name}`)
      return name
    },
  })
  expect(results).toEqual(releases.map(({ name }) => name))
  return log
}

describe('releases are worked through', () => {
  test.each([
    ['in their order', [release('a'), release('b')], 1, ['+a', '-a', '+b', '-b']],
    ['behind what they depend on', [release('a', 'b'), release('b')], 1, ['+b', '-b', '+a', '-a']],
    ['side by side', [release('a'), release('b')], 0, ['+a', '+b', '-a', '-b']],
    [
      'side by side, dependencies first',
      [release('a', 'b'), release('b'), release('c')],
      0,
      ['+b', '+c', '-b', '+a', '-c', '-a'],
    ],
  ] as const)('%s', async (_what, releases, concurrency, expected) => {
    expect(await order(releases, concurrency)).toEqual(expected)
  })

  test('none is begun after one that failed, whose error is told', async () => {
    const begun: string[] = []
    const run = async ({ name }: HelmRelease): Promise<void> => {
      begun.push(name)
      await Promise.resolve()
      throw new Error(`${name} broke`)
    }
    const all = [release('a'), release('b', 'a'), release('c')]
    await expect(inDependencyOrder(all, { concurrency: 1, run })).rejects.toThrow('a broke')
    expect(begun).toEqual(['a'])
  })

  test.each([
    [[release('a', 'b'), release('b', 'a')], 'CONFIG_CONFLICT', 'a → b → a'],
    [[release('a', 'a')], 'CONFIG_CONFLICT', 'a → a'],
    [[release('a', 'nope')], 'CONFIG_VALUE_INVALID', 'release a depends on nope'],
  ])('what cannot be', async (releases, code, message) => {
    await expect(order(releases, 1)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
    })
  })
})

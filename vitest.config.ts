import { configDefaults, defineConfig } from 'vitest/config'
import { isGitMissing } from './test/support/git.ts'

const shared = { isolate: false, environment: 'node' as const }
const compiled = { ...shared, globalSetup: ['test/support/build-dist.ts'] }

/** These talk to a real git in every test. */
const gitTests = ['src/tag/tag.test.ts', 'src/workspace/git-facts.test.ts', 'src/workspace/git-module.test.ts']
if (isGitMissing) process.stderr.write(`Not run without git (install it): ${gitTests.join(', ')}\n`)

export default defineConfig({
  test: {
    reporters: ['default', './test/support/skipped-reporter.ts'],
    projects: [
      {
        test: { ...compiled, name: 'architecture', include: ['test/architecture/**/*.test.ts'], testTimeout: 120_000 },
      },
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['src/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...(isGitMissing ? gitTests : [])],
          setupFiles: ['test/support/loopback-only.ts', 'test/support/property-seed.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      { test: { ...shared, name: 'contract', include: ['test/contract/**/*.test.ts'], testTimeout: 30_000 } },
      {
        test: {
          ...compiled,
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'emulated',
          include: ['test/emulated/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          ...compiled,
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          ...compiled,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})

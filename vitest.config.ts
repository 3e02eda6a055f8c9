import { defineConfig } from 'vitest/config'

const shared = { isolate: false, environment: 'node' as const }
const compiled = { ...shared, globalSetup: ['test/support/build-dist.ts'] }

export default defineConfig({
  test: {
    reporters: ['default', './test/support/skipped-reporter.ts'],
    projects: [
      {
        test: { ...compiled, name: 'architecture', include: ['test/architecture/**/*.test.ts'], testTimeout: 120_000 },
      },
      {
        test: { ...shared, name: 'unit', include: ['src/**/*.test.ts'], setupFiles: ['test/support/loopback-only.ts'] },
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

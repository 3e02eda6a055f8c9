import { expect, test } from 'vitest'
import { parseDockerfile, planBuild } from '../../../dockerfile/index.ts'
import type { RegistryTrust } from '../../registry-trust.ts'
import { baseRegistries } from './base-registries.ts'

const platform = { os: 'linux', architecture: 'amd64' }
const none = { insecureRegistries: [] }

test.each<[string, RegistryTrust, ReturnType<typeof baseRegistries>]>([
  ['scratch', none, { insecureRegistries: [] }],
  ['localhost:5000/base', none, { insecureRegistries: ['localhost:5000'] }],
  ['r.example.com/base', none, { insecureRegistries: [], hasOtherRegistries: true }],
  ['r.example.com/base', { insecureRegistries: ['r.example.com'] }, { insecureRegistries: ['r.example.com'] }],
  ['r.example.com/base', { ...none, all: 'anyCertificate' }, { insecureRegistries: ['r.example.com'] }],
  [
    'r.example.com/base\nFROM localhost:5000/base\nCOPY --from=0 /a /a',
    none,
    { insecureRegistries: ['localhost:5000'], hasOtherRegistries: true },
  ],
])('FROM %s, when %j', (from, trust, expected) => {
  const plan = planBuild(parseDockerfile(`FROM ${from}\n`, 'Dockerfile'), {
    platform,
    buildPlatform: platform,
    buildArgs: {},
  })
  expect(baseRegistries(plan, trust)).toEqual(expected)
})

import { expect, test } from 'vitest'
import { asksForAttestations, withoutAttestations } from './attestation-flags.ts'

test.each<[readonly string[], boolean, readonly string[]]>([
  [['--label', 'a=b'], false, ['--label', 'a=b']],
  [['--provenance=false'], false, ['--provenance=false']],
  [['--provenance=mode=max', '--label', 'a=b'], true, ['--label', 'a=b']],
  [['--sbom=true', '--provenance=false'], true, []],
  [['--attest', 'type=sbom', '--no-cache'], true, ['--no-cache']],
  [['--attest=type=provenance,mode=min'], true, []],
  [['--sbom', '--no-cache'], true, ['--no-cache']],
])('%j', (cliFlags, asks, kept) => {
  const docker = { kind: 'docker', dockerfile: 'Dockerfile', buildArgs: {}, cliFlags } as const
  expect(asksForAttestations(docker)).toBe(asks)
  expect(withoutAttestations(docker).cliFlags).toEqual(kept)
})

test('no flags', () => {
  expect(asksForAttestations({})).toBe(false)
})

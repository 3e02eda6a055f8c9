import { expect, test } from 'vitest'
import { asksForAttestations, wantsProvenance, withoutAttestations } from './attestation-flags.ts'

test.each<[readonly string[], boolean, readonly string[]]>([
  [['--label', 'a=b'], false, ['--label', 'a=b']],
  [['--provenance=false'], false, ['--provenance=false']],
  [['--provenance=mode=max', '--label', 'a=b'], true, ['--label', 'a=b']],
  [['--sbom=true', '--provenance=false'], true, []],
  [['--attest', 'type=sbom', '--no-cache'], true, ['--no-cache']],
  [['--attest=type=provenance,mode=min'], true, []],
  [['--sbom', '--no-cache'], true, ['--no-cache']],
  [['--sbom', 'false', '--no-cache'], false, ['--sbom', 'false', '--no-cache']],
  [['--attest=type=provenance,disabled=true'], false, ['--attest=type=provenance,disabled=true']],
])('%j', (cliFlags, asks, kept) => {
  const docker = { kind: 'docker', dockerfile: 'Dockerfile', buildArgs: {}, cliFlags } as const
  expect(asksForAttestations(docker)).toBe(asks)
  expect(withoutAttestations(docker).cliFlags).toEqual(kept)
})

test('no flags', () => {
  expect(asksForAttestations({})).toBe(false)
})

test.each<[readonly string[], boolean]>([
  [[], true],
  [['--sbom=true'], true],
  [['--attest', 'type=sbom'], true],
  [['--provenance=false'], false],
  [['--provenance', 'mode=max'], false],
  [['--attest=type=provenance,disabled=true'], false],
  [['--attest', 'mode=max,type=provenance'], false],
])('%j leave the provenance to the default: %s', (cliFlags, wants) => {
  expect(wantsProvenance({ cliFlags }, 'default')).toBe(wants)
  expect(wantsProvenance({ cliFlags }, 'asked')).toBe(false)
  expect(wantsProvenance({ cliFlags }, 'never')).toBe(false)
})

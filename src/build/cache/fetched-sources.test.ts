import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { baseNames } from './base-images.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'base-names-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

const commit = '0a'.repeat(20)

test.each([
  ['ADD https://x.example/a /', undefined],
  ['ADD https://x.example/a.git /', undefined],
  ['ADD https://x.example/a.git#v1 /', undefined],
  ['ADD https://x.example/a.git#$REF /', undefined],
  [`ADD https://x.example/a.git#${commit}:docs /`, ['base']],
  [`ADD --checksum=${commit} https://x.example/a.git /`, ['base']],
  ['COPY --from=other /a /', ['base', 'other']],
])('%s: the names are %j', async (instruction, names) => {
  writeFileSync(join(folder, 'Dockerfile'), `FROM base\n${instruction}\n`)
  const platform = { os: 'linux', architecture: 'amd64' }
  const builder = { kind: 'docker', dockerfile: 'Dockerfile', buildArgs: {} } as const
  const artifact = { image: 'app', context: '.', builder }
  const { signal } = new AbortController()
  expect(await baseNames({ artifact, contextFolder: folder, platform, host: platform, signal })).toEqual(names)
})

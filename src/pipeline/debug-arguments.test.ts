import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ArtifactBuilder } from '../config/index.ts'
import { buildForDebuggers } from './debug-arguments.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'debug-arguments-'))
  await mkdir(join(folder, 'sub'))
  await writeFile(join(folder, 'Dockerfile'), 'FROM scratch\n')
  await writeFile(join(folder, 'sub/Dockerfile'), 'FROM scratch\nARG SKAFFOLD_GO_GCFLAGS\n')
})
afterAll(async () => rm(folder, { recursive: true, force: true }))

const kaniko = { kind: 'kaniko', dockerfile: 'Dockerfile', image: 'e', initImage: 'i' } as const
const buildpacks = { kind: 'buildpacks', builder: 'b', projectDescriptor: 'project.toml', dependencies: {} } as const

test.each<[string, ArtifactBuilder, object]>([
  ['a Dockerfile', { kind: 'docker', dockerfile: 'Dockerfile', buildArgs: { A: '1' } }, { buildArgs: { A: '1' } }],
  [
    'a Dockerfile that asks',
    { kind: 'docker', dockerfile: 'sub/Dockerfile', buildArgs: {} },
    { buildArgs: { SKAFFOLD_GO_GCFLAGS: 'all=-N -l' } },
  ],
  [
    'kaniko',
    { ...kaniko, contextSubPath: 'sub', buildArgs: { SKAFFOLD_GO_GCFLAGS: 'mine' } },
    { buildArgs: { SKAFFOLD_GO_GCFLAGS: 'mine' } },
  ],
  ['ko', { kind: 'ko', flags: ['-v'] }, { flags: ['-v', '-gcflags=all=-N -l'] }],
  ['buildpacks', { ...buildpacks, env: ['A=1'] }, { env: ['GOOGLE_GOGCFLAGS=all=-N -l', 'A=1'] }],
  ['jib', { kind: 'jib', project: 'web' }, { project: 'web' }],
])('%s for debuggers', async (_what, builder, expected) => {
  const artifact = await buildForDebuggers({ image: 'app', context: '.', builder }, folder)
  expect(artifact.builder).toEqual({ ...builder, ...expected })
})

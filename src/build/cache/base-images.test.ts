import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aToolBench, type ToolBench } from '../../../test/support/tool-builds.ts'
import type { Artifact, ArtifactBuilder } from '../../config/index.ts'
import { baseNames } from './base-images.ts'

const host = { os: 'linux', architecture: 'amd64' }
const kaniko = { kind: 'kaniko', dockerfile: 'Dockerfile', image: 'e', initImage: 'i' } as const
const buildpacks = { kind: 'buildpacks', projectDescriptor: 'project.toml', dependencies: {} } as const

let bench: ToolBench
beforeEach(async () => {
  bench = await aToolBench()
})
afterEach(async () => bench.close())

test.each<[string, ArtifactBuilder, readonly string[]]>([
  ['kaniko', { ...kaniko, buildArgs: { BASE: 'base:2' } }, ['base:2']],
  ['kaniko in a folder of the context', { ...kaniko, contextSubPath: 'sub', buildArgs: {} }, ['below:1']],
  ['ko', { kind: 'ko', dir: 'sub' }, ['cgr.dev/chainguard/static:latest']],
  ['ko with settings of its own', { kind: 'ko' }, ['theirs:1']],
  ['ko with an image', { kind: 'ko', fromImage: 'ours:1' }, ['ours:1']],
  ['ko with an image of the project', { kind: 'ko', fromImage: 'BASE' }, []],
  ['jib with an image of the project', { kind: 'jib', fromImage: 'base' }, []],
  ['jib', { kind: 'jib', fromImage: 'java:21' }, ['java:21']],
  ['buildpacks', { ...buildpacks, builder: 'BASE', runImage: 'run:1' }, ['run:1']],
])('base images of %s', async (_what, builder, expected) => {
  await mkdir(join(bench.context, 'sub'))
  await writeFile(join(bench.context, 'Dockerfile'), 'ARG BASE=base:1\nFROM ${BASE}\n')
  await writeFile(join(bench.context, 'sub/Dockerfile'), 'FROM below:1\n')
  await writeFile(join(bench.context, '.ko.yaml'), 'defaultBaseImage: theirs:1\n')
  const requires = [{ image: 'base', alias: 'BASE' }]
  const artifact: Artifact = { image: 'app', context: '.', requires, builder }
  const names = await baseNames({
    artifact,
    contextFolder: bench.context,
    platform: host,
    host,
    signal: new AbortController().signal,
  })
  expect(names).toEqual(expected)
})

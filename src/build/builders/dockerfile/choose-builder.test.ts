import { expect, test } from 'vitest'
import type { DockerArtifact } from '../../../config/index.ts'
import { parseDockerfile, planBuild, type BuildPlan } from '../../../dockerfile/index.ts'
import { formatPlatform } from '../../../platform/index.ts'
import { chooseBuilder, engineFlags, engineStagesOf } from './choose-builder.ts'
import { withExport, withReplacedStages } from './rewrite-dockerfile.ts'

const host = { os: 'linux', architecture: 'amd64' }
const target = { os: 'linux', architecture: 'arm64' }

function planOf(text: string, wanted: { readonly target?: string } = {}): BuildPlan {
  return planBuild(parseDockerfile(text, 'Dockerfile'), {
    platform: target,
    buildPlatform: host,
    buildArgs: {},
    ...wanted,
  })
}

function docker(more: Partial<DockerArtifact> = {}): DockerArtifact {
  return { kind: 'docker', dockerfile: 'Dockerfile', buildArgs: {}, ...more }
}

const cross =
  'FROM --platform=$BUILDPLATFORM golang AS build\nRUN go build\nFROM scratch\nCOPY --from=build /app /app\n'
const emulated = cross.replace('--platform=$BUILDPLATFORM ', '')

test.each<{
  readonly why: string
  readonly dockerfile: string
  readonly fields?: Partial<DockerArtifact>
  readonly kind: string
  readonly reason: RegExp
  readonly runs?: readonly string[]
  readonly edit?: RegExp
}>([
  { why: 'only copies', dockerfile: 'FROM alpine\nCOPY a /\n', kind: 'native', reason: /nothing in it has to run/ },
  {
    why: 'a RUN in a stage that is not needed',
    dockerfile: 'FROM a\nRUN x\nFROM b\n',
    kind: 'native',
    reason: /nothing/,
  },
  {
    why: 'fields for running programs only',
    dockerfile: 'FROM a\n',
    fields: { network: 'host', ssh: 'default', addHost: ['a:1'] },
    kind: 'native',
    reason: /nothing/,
  },
  {
    why: 'flags that say what is printed',
    dockerfile: 'FROM a\n',
    fields: { cliFlags: ['--progress=tty', '-q', '--no-cache', '--push'] },
    kind: 'native',
    reason: /nothing/,
  },
  {
    why: 'a flag that changes the image',
    dockerfile: 'FROM a\n',
    fields: { cliFlags: ['--label', 'a=b'] },
    kind: 'engine',
    reason: /docker.cliFlags has --label/,
  },
  { why: 'squash', dockerfile: 'FROM a\n', fields: { squash: true }, kind: 'engine', reason: /squash/ },
  {
    why: 'RUN in the target',
    dockerfile: 'FROM a\nRUN x\n',
    kind: 'engine',
    reason: /^Dockerfile:2: stage 0: RUN/,
    runs: ['linux/arm64'],
  },
  {
    why: 'a target that starts from a stage that runs',
    dockerfile: 'FROM a AS one\nRUN x\nFROM one\n',
    kind: 'engine',
    reason: /Dockerfile:2: stage "one"/,
    runs: ['linux/arm64'],
  },
  {
    why: 'a stage on the building machine',
    dockerfile: cross,
    kind: 'hybrid',
    reason: /Dockerfile:2: stage "build"/,
    runs: ['linux/amd64'],
  },
  {
    why: 'a stage that would be emulated',
    dockerfile: emulated,
    kind: 'hybrid',
    reason: /Dockerfile:2/,
    runs: ['linux/arm64'],
    edit: /at Dockerfile:1 write FROM --platform=\$BUILDPLATFORM golang AS build/,
  },
  {
    why: 'another frontend',
    dockerfile: '# syntax=acme/frontend\nFROM a\n',
    kind: 'engine',
    reason: /Dockerfile:1: "# syntax=acme\/frontend"/,
    runs: [],
    edit: /remove "# syntax="/,
  },
  {
    why: 'another frontend and a RUN elsewhere',
    dockerfile: `# syntax=acme/frontend\n${cross}`,
    kind: 'engine',
    reason: /syntax/,
  },
  {
    why: 'a clone',
    dockerfile: 'FROM a AS src\nADD https://example.com/x.git /x\nFROM scratch\nCOPY --from=src /x /x\n',
    kind: 'native',
    reason: /nothing in it has to run/,
  },
  {
    why: 'a secret',
    dockerfile: 'FROM a\nRUN --mount=type=secret,id=x cat /run/secrets/x\n',
    kind: 'engine',
    reason: /secret/,
    runs: ['linux/arm64'],
  },
  {
    why: 'a RUN that WORKDIR could do',
    dockerfile: 'FROM a\nRUN mkdir -p /data/in\n',
    kind: 'engine',
    reason: /RUN/,
    edit: /at Dockerfile:2 write WORKDIR \/data\/in/,
  },
  {
    why: 'a RUN that --chmod could do',
    dockerfile: 'FROM a\nCOPY x /x\nRUN chmod +x /x\n',
    kind: 'engine',
    reason: /RUN/,
    edit: /leave RUN out and add --chmod=755/,
  },
  {
    why: 'a RUN that --chown could do',
    dockerfile: 'FROM a\nCOPY x /x\nRUN chown -R app:app /x\n',
    kind: 'engine',
    reason: /RUN/,
    edit: /add --chown=app:app/,
  },
])('$why: $kind', ({ dockerfile, fields, kind, reason, runs, edit }) => {
  const choice = chooseBuilder(planOf(dockerfile), docker(fields))
  expect(choice.kind).toBe(kind)
  expect(choice.reason).toMatch(reason)
  if (choice.kind === 'native') return
  if (runs !== undefined) expect(choice.runs.map(({ platform }) => formatPlatform(platform))).toEqual(runs)
  if (edit === undefined) expect(choice.edit).toBeUndefined()
  else expect(choice.edit).toMatch(edit)
})

test('engines do not get flags that say where the image goes', () => {
  expect(
    engineFlags(docker({ cliFlags: ['--push', '--load', '-q', '--provenance=false', '--no-cache', '--foo'] })),
  ).toEqual(['--no-cache', '--foo'])
})

test.each([
  ['files and folders', ['/out/app', '/etc/x'], ['/etc/x', '/out/app']],
  ['what lies in another path', ['/out', '/out/app', '/outer'], ['/out', '/outer']],
  ['everything', ['/', '/a'], ['/']],
  ['wildcards', ['/out/*.js', '/lib/a?/b'], ['/lib', '/out']],
  ['variables', ['/out/$TARGETARCH/app'], ['/out']],
  ['relative and odd', ['out/./x', '/a//b/../c/'], ['/a/c', '/out/x']],
])('paths that are taken out of a stage: %s', (_, sources, paths) => {
  const text = `FROM a AS build\nRUN x\nFROM scratch\nCOPY --from=build ${JSON.stringify([...sources, '/to/'])}\n`
  const choice = chooseBuilder(planOf(text), docker())
  expect(choice).toMatchObject({ kind: 'hybrid', exports: [{ index: 0, paths }] })
})

test('several stages, one of them through another', () => {
  const text =
    'FROM a AS one\nRUN x\nFROM one AS two\nFROM b AS three\nCOPY --from=two /two /t\nFROM scratch\nCOPY --from=three /t /\nCOPY --from=0 /one /\n'
  const choice = chooseBuilder(planOf(text), docker())
  expect(choice).toMatchObject({
    exports: [
      { index: 1, paths: ['/two'] },
      { index: 0, paths: ['/one'] },
    ],
  })
  expect(engineStagesOf(planOf(text))).toEqual(new Set([0, 1]))
})

test('a Dockerfile whose stage an engine builds', () => {
  expect(withExport(cross, { index: 0, paths: ['/app', '/with space'] }, 'linux/arm64')).toBe(
    `${cross}\n\nFROM scratch AS catamaran-export\nENV CATAMARAN_PLATFORM=linux/arm64\nCOPY --from=0 ["/app","/app"]\nCOPY --from=0 ["/with space","/with space"]\n`,
  )
})

test('a Dockerfile whose stages are built: all other lines stay where they are', () => {
  const text = 'ARG V=1\nFROM a AS build\nRUN <<EOF\nFROM not-a-stage\nEOF\n\nFROM a:$V\nCOPY --from=build /a /a\n'
  const plan = planOf(text)
  const rewritten = withReplacedStages(text, {
    plan,
    replaced: engineStagesOf(plan),
    imageOf: () => 'x.invalid/y@sha256:1',
  })
  expect(rewritten.split('\n')).toEqual([
    'ARG V=1',
    'FROM x.invalid/y@sha256:1 AS build',
    '',
    '',
    '',
    '',
    'FROM a:$V',
    'COPY --from=build /a /a',
    '',
  ])
})

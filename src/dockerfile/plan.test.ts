import { describe, expect, test } from 'vitest'
import { parsePlatform } from '../platform/index.ts'
import type { BuildTarget } from './build-target.ts'
import { checkSupported, isUrlSource } from './check-supported.ts'
import { isGitSource, isPinnedGitSource, parseGitUrl } from './git-source.ts'
import { contextSources } from './context-sources.ts'
import { formatGoDuration, parseGoDuration } from './duration.ts'
import { expandInstruction } from './expand-instruction.ts'
import type { Variables } from './expand.ts'
import { parseDockerfile } from './parse.ts'
import { planBuild, type BuildPlan } from './plan.ts'
import type { Instruction } from './types.ts'

const amd64 = parsePlatform('linux/amd64', { os: 'linux', architecture: 'amd64' })

function plan(text: string, wanted: Partial<BuildTarget> = {}): BuildPlan {
  return planBuild(parseDockerfile(text, 'D'), { platform: amd64, buildPlatform: amd64, buildArgs: {}, ...wanted })
}

/** What the target stage's variables are at its end, and its instructions with variables replaced. */
function run(
  text: string,
  wanted: Partial<BuildTarget> = {},
  start: Variables = new Map(),
): { variables: Variables; instructions: Instruction[] } {
  const built = plan(text, wanted)
  const instructions: Instruction[] = []
  let variables = start
  for (const instruction of built.target.instructions) {
    const scope = {
      variables,
      globals: built.globals,
      buildArgs: built.wanted.buildArgs,
      escape: built.dockerfile.escape,
    }
    const expanded = expandInstruction(instruction, scope)
    variables = expanded.variables
    instructions.push(expanded.instruction)
  }
  return { variables, instructions }
}

describe('scopes', () => {
  test.each<[string, string, Record<string, string>, Record<string, string>]>([
    ['a global ARG is not seen without ARG in the stage', 'ARG A=1\nFROM x\nENV R=$A', {}, { R: '' }],
    ['ARG brings it in', 'ARG A=1\nFROM x\nARG A\nENV R=$A', {}, { R: '1' }],
    ['a default of the stage hides it', 'ARG A=1\nFROM x\nARG A=2\nENV R=$A', {}, { R: '2' }],
    ['a build argument wins over both', 'ARG A=1\nFROM x\nARG A=2\nENV R=$A', { A: '3' }, { R: '3' }],
    ['a build argument that is not declared is not seen', 'FROM x\nENV R=$A', { A: '3' }, { R: '' }],
    ['ENV wins over ARG', 'FROM x\nENV A=e\nARG A\nENV R=$A', {}, { R: 'e' }],
    ['a later ARG with a value wins over ENV', 'FROM x\nENV A=e\nARG A=2\nENV R=$A', {}, { R: '2' }],
    ['all of one ENV see what was before it', 'FROM x\nENV A=1\nENV A=2 R=$A', {}, { R: '1', A: '2' }],
    ['each of one ARG sees the one before', 'FROM x\nARG A=1 B=${A}2\nENV R=$B', {}, { R: '12' }],
    ['global ARGs see each other', 'ARG A=1\nARG B=$A-2\nFROM x\nARG B\nENV R=$B', {}, { R: '1-2' }],
    ['TARGETARCH has to be declared', 'FROM x\nENV R=$TARGETARCH', {}, { R: '' }],
    ['TARGETARCH declared', 'FROM x\nARG TARGETARCH TARGETOS\nENV R=$TARGETOS/$TARGETARCH', {}, { R: 'linux/amd64' }],
    [
      'a global ARG replaces an automatic one',
      'ARG TARGETARCH=z\nFROM x\nARG TARGETARCH\nENV R=$TARGETARCH',
      {},
      { R: 'z' },
    ],
    [
      'a build argument replaces an automatic one',
      'FROM x\nARG TARGETARCH\nENV R=$TARGETARCH',
      { TARGETARCH: 'y' },
      { R: 'y' },
    ],
    ['TARGETSTAGE without a name', 'FROM x\nARG TARGETSTAGE\nENV R=$TARGETSTAGE', {}, { R: 'default' }],
    ['TARGETSTAGE with a name', 'FROM x AS Last\nARG TARGETSTAGE\nENV R=$TARGETSTAGE', {}, { R: 'last' }],
  ])('%s', (_, text, buildArgs, expected) => {
    expect(Object.fromEntries(run(text, { buildArgs }).variables)).toMatchObject(expected)
  })

  test.each([
    ['linux/arm/v7', 'linux/arm/v7 linux arm v7'],
    ['linux/arm64/v8', 'linux/arm64 linux arm64 '],
    ['linux/amd64/v2', 'linux/amd64/v2 linux amd64 v2'],
  ])('the automatic arguments of %s', (platform, expected) => {
    const text =
      'FROM x\nARG TARGETPLATFORM TARGETOS TARGETARCH TARGETVARIANT\nENV R="$TARGETPLATFORM $TARGETOS $TARGETARCH $TARGETVARIANT"'
    expect(run(text, { platform: parsePlatform(platform, amd64) }).variables.get('R')).toBe(expected)
  })

  test('an ARG keeps only a default or a build argument for the history', () => {
    const { instructions } = run('ARG A=1\nFROM x\nARG A B=$A C\n', { buildArgs: { C: '3' } })
    expect(instructions[0]).toMatchObject({
      args: [{ name: 'A' }, { name: 'B', value: '1' }, { name: 'C', value: '3' }],
    })
  })

  test('what is replaced and what is not', () => {
    const text = [
      'FROM x',
      'ENV V=v',
      'COPY --chown=$V --chmod=$V --exclude=$V $V /$V',
      'EXPOSE $V "$V"',
      'VOLUME ["$V"]',
      'USER $V',
      'WORKDIR $V',
      'STOPSIGNAL $V',
      'LABEL $V="$V"',
      'MAINTAINER $V',
      'CMD $V',
      'ENTRYPOINT ["$V"]',
      'SHELL ["$V"]',
      'HEALTHCHECK CMD $V',
      'ONBUILD USER $V',
      'COPY <<E <<\'F\' /$V\n"$V"\nE\n$V\nF',
    ].join('\n')
    const bodies = run(text).instructions.slice(1)
    expect(bodies).toMatchObject([
      { chown: 'v', chmod: 'v', exclude: ['v'], sources: ['v'], destination: '/v' },
      { ports: ['v', 'v'] },
      { paths: ['v'] },
      { value: 'v' },
      { value: 'v' },
      { value: 'v' },
      { pairs: [{ name: 'v', value: 'v' }] },
      { value: '$V' },
      { command: { words: ['$V'] } },
      { command: { words: ['$V'] } },
      { words: ['$V'] },
      { test: ['CMD-SHELL', '$V'] },
      { text: 'USER $V' },
      { destination: '/v', heredocs: [{ content: '"v"\n' }, { content: '$V\n' }] },
    ])
  })

  test('a substitution that fails names the line', () => {
    expect(() => run('FROM x\n\nUSER ${A:?who}')).toThrow(
      expect.objectContaining({ code: 'DOCKERFILE_INVALID', where: 'D:3' }),
    )
    expect(() => plan('ARG A=${B?b}\nFROM x')).toThrow(expect.objectContaining({ where: 'D:1' }))
    expect(() => plan('FROM x\nFROM $A')).toThrow(expect.objectContaining({ where: 'D:2' }))
    expect(() => plan('FROM --platform=$A x')).toThrow(expect.objectContaining({ where: 'D:1' }))
    expect(() => plan('FROM --platform=a/b/c/d x')).toThrow(expect.objectContaining({ where: 'D:1' }))
    expect(() => run('FROM x\nVOLUME $A')).toThrow(expect.objectContaining({ where: 'D:2' }))
  })
})

describe('stages', () => {
  test.each<[string, string, string | undefined, number[]]>([
    ['the last one is the target', 'FROM a\nFROM b', undefined, [1]],
    ['a base stage is needed', 'FROM a AS x\nFROM b\nFROM X', undefined, [0, 2]],
    ['--from by name, in any case', 'FROM a AS x\nFROM b\nCOPY --from=X /a /', undefined, [0, 1]],
    ['--from by number', 'FROM a\nFROM b\nFROM c\nCOPY --from=1 /a /', undefined, [1, 2]],
    ['an image is no stage', 'FROM a AS x\nFROM b\nCOPY --from=y /a /', undefined, [1]],
    ['through stages', 'FROM a AS x\nFROM x AS y\nFROM b\nCOPY --from=y /a /', undefined, [0, 1, 2]],
    ['--target', 'FROM a AS x\nFROM b AS y\nFROM c', 'Y', [1]],
    ['an empty --target is none', 'FROM a AS x\nFROM b AS y', '', [1]],
    ['the last of two names', 'FROM a AS x\nFROM b AS x\nFROM x', undefined, [1, 2]],
    ['by a variable', 'ARG T=x\nFROM a AS x\nFROM b AS y\nFROM $T', undefined, [0, 2]],
    ['by the platform', 'FROM a AS c-arm64\nFROM b AS c-amd64\nFROM c-$TARGETARCH', undefined, [1, 2]],
    [
      'by ONBUILD of a base stage',
      'FROM a AS x\nFROM b AS y\nONBUILD COPY --from=x /a /\nFROM y',
      undefined,
      [0, 1, 2],
    ],
  ])('%s', (_, text, target, needed) => {
    const built = plan(text, target === undefined ? {} : { target })
    expect(built.needed.map(({ index }) => index)).toEqual(needed)
  })

  test('platforms go from a stage to those that start from it', () => {
    const text = 'FROM --platform=$BUILDPLATFORM a AS x\nFROM x\nFROM --platform=linux/arm/v6 x\nFROM b\nFROM scratch'
    const { stages } = plan(text, { buildPlatform: parsePlatform('linux/arm64', amd64) })
    expect(stages.map(({ platform }) => platform)).toEqual([
      { os: 'linux', architecture: 'arm64' },
      { os: 'linux', architecture: 'arm64' },
      { os: 'linux', architecture: 'arm', variant: 'v6' },
      undefined,
      undefined,
    ])
    expect(stages.map(({ base }) => base.kind)).toEqual(['image', 'stage', 'stage', 'image', 'scratch'])
  })

  test.each([
    ['FROM a\nCOPY --from=0 /a /', 'D:2'],
    ['FROM a\nCOPY --from=7 /a /', 'D:2'],
    ['FROM a AS x\nCOPY --from=y /a /\nFROM b AS y\nCOPY --from=x /a /', 'D:2'],
    ['FROM a AS x\nFROM b\n\nCOPY --from=$x /a /', 'D:4'],
  ])('%j: --from has to name an earlier stage', (text, where) => {
    expect(() => plan(text)).toThrow(expect.objectContaining({ code: 'DOCKERFILE_INVALID', where }))
  })

  test('a target that is not there names those that are', () => {
    expect(() => plan('FROM a AS x\nFROM b AS y', { target: 'z' })).toThrow(
      expect.objectContaining({ code: 'DOCKERFILE_TARGET_UNKNOWN', hint: 'use one of x, y' }),
    )
  })
})

describe('what needs another builder', () => {
  test.each([
    ['FROM a\nRUN x', 'DOCKERFILE_NEEDS_RUN', 'D:2', 'stage 0'],
    ['FROM a AS build\n\nRUN x\nFROM scratch\nCOPY --from=build /a /', 'DOCKERFILE_NEEDS_RUN', 'D:3', 'stage "build"'],
    ['FROM a\nRUN --mount=type=cache,target=/x y', 'DOCKERFILE_NEEDS_RUN', 'D:2', 'D:2: '],
    ['FROM a\nRUN --mount=type=secret,id=x y', 'DOCKERFILE_NEEDS_SECRET', 'D:2', 'D:2: '],
    ['FROM a\nRUN --mount=type=ssh y', 'DOCKERFILE_NEEDS_SSH', 'D:2', 'D:2: '],
    ['FROM a AS x\nONBUILD RUN y\nFROM x', 'DOCKERFILE_NEEDS_RUN', 'D:3', 'stage 1'],
    ['# syntax=example.com/mine:1\nFROM a', 'DOCKERFILE_FRONTEND_UNKNOWN', 'D:1', 'example.com/mine:1'],
    ['# syntax=docker/dockerfile:2\nFROM a', 'DOCKERFILE_FRONTEND_UNKNOWN', 'D:1', 'D:1: '],
    ['FROM --platform=windows/amd64 a', 'DOCKERFILE_NEEDS_WINDOWS', 'D:1', 'D:1: '],
  ])('%j', (text, code, where, part) => {
    expect(() => checkSupported(plan(text))).toThrow(expect.objectContaining({ code, where }))
    expect(() => checkSupported(plan(text))).toThrow(part)
  })

  test.each([
    'FROM a\nRUN x\nFROM b',
    'FROM a AS x\nONBUILD RUN y',
    '# syntax=docker/dockerfile\nFROM a',
    '# syntax=docker/dockerfile:1\nFROM a',
    '# syntax=docker/dockerfile:1.7-labs\nFROM a',
    '# syntax=docker.io/docker/dockerfile-upstream:1.20@sha256:00\nFROM a',
    'FROM a\nADD https://example.com/a.tar.gz /',
    'FROM a\nADD https://github.com/a/b.git /x',
    'FROM a\nCOPY x.git /',
  ])('%j does not', (text) => {
    expect(() => checkSupported(plan(text))).not.toThrow()
  })

  test('the hint says how another builder does it', () => {
    expect(() => checkSupported(plan('FROM a\nRUN x'))).toThrow(
      expect.objectContaining({
        hint: expect.stringContaining('docker buildx build --platform "$PLATFORMS"') as string,
      }),
    )
  })

  test.each([
    ['https://example.com/a', true, false],
    ['http://example.com/a.git', false, true],
    ['https://example.com/a.git#v1:sub', false, true],
    ['https://example.com/a.gitx', true, false],
    ['git://x/y', false, true],
    ['ssh://git@x/y', false, true],
    ['git@x:y', false, true],
    ['a.git', false, false],
    ['github.com/a/b', false, false],
  ])('%s: URL %s, git %s', (source, isUrl, isGit) => {
    expect([isUrlSource(source), isGitSource(source)]).toEqual([isUrl, isGit])
  })
})

test.each([
  ['https://x/a.git', { repo: 'https://x/a.git' }, false],
  ['https://x/a.git#v1', { repo: 'https://x/a.git', ref: 'v1' }, false],
  ['git@x:a#:b/./../c/', { repo: 'git@x:a', folder: 'c' }, false],
  [`git://x/a#${'0a'.repeat(20)}:/d`, { repo: 'git://x/a', ref: '0a'.repeat(20), folder: 'd' }, true],
])('%s names a repository', (source, expected, isPinned) => {
  expect(parseGitUrl(source)).toEqual(expected)
  expect(isPinnedGitSource(source)).toBe(isPinned)
})

describe('files that a build depends on', () => {
  test.each<[string, string, string[]]>([
    ['COPY and ADD', 'FROM a\nCOPY a b /\nADD c.tgz /', ['a', 'b', 'c.tgz']],
    [
      'not from stages, URLs, repositories and documents',
      'FROM a AS s\nFROM b\nCOPY --from=s /x /\nCOPY --from=i /x /\nADD https://x/y git@x:y z /\nCOPY <<E /\nE',
      ['z'],
    ],
    ['not of stages that are not needed', 'FROM a\nCOPY a /\nFROM b\nCOPY b /', ['b']],
    ['of stages that are', 'FROM a AS s\nCOPY a /\nFROM b\nCOPY --from=s /x /\nCOPY b /', ['a', 'b']],
    ['variables', 'ARG V=v\nFROM a\nARG V TARGETARCH\nENV W=w\nCOPY $V-$W-$TARGETARCH /', ['v-w-amd64']],
    ['variables of a base stage', 'FROM a AS s\nENV V=v\nFROM s\nCOPY $V /', ['v']],
    ['ONBUILD of a base stage', 'FROM a AS s\nONBUILD COPY a /\nFROM s\nCOPY b /', ['a', 'b']],
  ])('%s', (_, text, expected) => {
    expect(contextSources(plan(text)).map(({ source }) => source)).toEqual(expected)
  })
})

test.each([
  ['0', 0, '0s'],
  ['5s', 5e9, '5s'],
  ['1m30s', 90e9, '1m30s'],
  ['1h', 3600e9, '1h0m0s'],
  ['1.5s', 1.5e9, '1.5s'],
  ['500ms', 5e8, '500ms'],
  ['.5m', 30e9, '30s'],
  ['2us', 2000, '2µs'],
  ['7ns', 7, '7ns'],
  ['-1m', -60e9, '-1m0s'],
  ['', undefined, undefined],
  ['5', undefined, undefined],
  ['5 s', undefined, undefined],
])('the duration %s', (text, nanoseconds, printed) => {
  expect(parseGoDuration(text)).toBe(nanoseconds)
  if (nanoseconds !== undefined) expect(formatGoDuration(nanoseconds)).toBe(printed)
})

import { expect, test } from 'vitest'
import { contextSources } from './context-sources.ts'
import { parseDockerfile } from './parse.ts'
import { planBuild, type BuildPlan } from './plan.ts'
import { bindMounts } from './run-mounts.ts'

const amd64 = { os: 'linux', architecture: 'amd64' }

function plan(text: string): BuildPlan {
  return planBuild(parseDockerfile(text, 'Dockerfile'), { platform: amd64, buildPlatform: amd64, buildArgs: {} })
}

test.each([
  ['nothing', [], []],
  ['no mount', ['--network=none'], []],
  ['the whole context', ['--mount=target=.'], [{ source: '.' }]],
  ['a file', ['--mount=type=bind,source=go.mod,target=go.mod'], [{ source: 'go.mod' }]],
  ['a file, spelt shorter and quoted', ['--mount="type=bind","src=a b",dst=/x'], [{ source: 'a b' }]],
  ['a stage', ['--mount=from=build,source=/out,target=/out'], [{ from: 'build', source: '/out' }]],
  ['a cache', ['--mount=type=cache,target=/root/.cache'], []],
  ['a cache that starts from a stage', ['--mount=type=cache,from=build,target=/c'], [{ from: 'build', source: '.' }]],
  ['secrets and memory', ['--mount=type=secret,id=x', '--mount=type=tmpfs,target=/t', '--mount=type=ssh'], []],
])('mounts of %s', (_, flags, expected) => {
  expect(bindMounts({ flags })).toEqual(expected)
})

test('what a RUN mounts is needed: stages, and files of the context', () => {
  const text = `FROM a AS tools
COPY tool /tool
FROM a AS unused
FROM a
RUN --mount=from=tools,source=/tool,target=/tool --mount=type=bind,source=src,target=/src /tool
RUN --mount=target=/all,source=$X true
`
  const { needed } = plan(text)
  expect(needed.map(({ index }) => index)).toEqual([0, 2])
  expect(contextSources(plan(text)).map(({ source }) => source)).toEqual(['tool', 'src', '.'])
})

test('a stage that a RUN mounts has to be there before it, an image need not', () => {
  expect(() => plan('FROM a\nRUN --mount=from=3,target=/x true\n')).toThrow(/--from=3/)
  expect(plan('FROM a\nRUN --mount=from=alpine,target=/x true\n').needed).toHaveLength(1)
})

import { afterEach, expect, test } from 'vitest'
import { aProject, linesOf, type ContextEntry, type Project } from '../../../../test/support/native-build.ts'
import { copyLine } from './history.ts'

/** What random contexts have shown to be otherwise in Docker. */

const projects: Project[] = []
afterEach(async () => {
  await Promise.all(projects.splice(0).map(async (made) => made.close()))
})

async function project(dockerfile: string, files: Readonly<Record<string, ContextEntry>> = {}): Promise<Project> {
  const made = await aProject({ ...files, Dockerfile: dockerfile })
  projects.push(made)
  return made
}

test('names of one file are links to each other in all folders of one copy', async () => {
  const files = { 'c/a/f': 'x', 'c/z': { sameAs: 'c/a/f' }, y: 'y' }
  const image = await (await project('FROM scratch\nCOPY y c /d/\n', files)).build()
  expect(await linesOf(image.layers[0])).toContain('h 0644 0:0 0 0 d/z -> d/a/f')
})

test('what several copies put there are no links to each other when a stage is copied', async () => {
  const files = { 'c/a': 'x', 'c/b': { sameAs: 'c/a' } }
  const dockerfile = 'FROM scratch AS one\nCOPY c /d/c/\nCOPY c /d/e/\nFROM scratch\nCOPY --from=one /d /d\n'
  const image = await (await project(dockerfile, files)).build()
  const lines = await linesOf(image.layers[0])
  expect(lines.filter((line) => line.startsWith('h'))).toEqual([
    'h 0644 0:0 0 0 d/c/b -> d/c/a',
    'h 0644 0:0 0 0 d/e/b -> d/e/a',
  ])
})

test('an empty folder changes nothing in one that is there', async () => {
  const image = await (await project('FROM scratch\nWORKDIR /w\nCOPY e .\n', { e: { folder: 0o700 } })).build()
  expect(image.layers).toHaveLength(1)
})

test.each([
  ['ADD https://me:hush@127.0.0.1:1/a /', 'ADD https://***@127.0.0.1:1/a / # buildkit'],
  ['ADD a b@c:d /', 'ADD a b@c:d / # buildkit'],
])('the history of %s is %s', (written, expected) => {
  const [, ...words] = written.split(' ')
  expect(
    copyLine({
      kind: 'add',
      sources: words.slice(0, -1),
      heredocs: [],
      destination: '/',
      link: false,
      parents: false,
      exclude: [],
    }),
  ).toBe(expected)
})

test.each([
  ['COPY a/* /d/', 'a/bad is a link to /gone, which'],
  ['COPY a/bad /d/', 'a/bad is a link to /gone, which'],
  ['COPY none/* /d/', 'none/* is not in the build context'],
])('%s is refused: %s', async (instruction, part) => {
  const made = await project(`FROM scratch\n${instruction}\n`, { 'a/f': 'x', 'a/bad': { linkTo: '../gone' } })
  await expect(made.build()).rejects.toMatchObject({
    code: 'BUILD_SOURCE_MISSING',
    where: 'Dockerfile:2',
    message: expect.stringContaining(part) as string,
  })
})

test('a link to a file that is ignored says how it comes into the context', async () => {
  const files = { 'a/l': { linkTo: '../x.log' }, 'x.log': 'x', '.dockerignore': '*.log\n' }
  await expect((await project('FROM scratch\nCOPY a/* /d/\n', files)).build()).rejects.toMatchObject({
    code: 'BUILD_SOURCE_MISSING',
    message: expect.stringContaining('/x.log, which is left out of the build context by .dockerignore') as string,
    hint: expect.stringContaining('!x.log') as string,
  })
})

test.each([
  ['COPY [c-a] /d/', 'is no pattern'],
  ['COPY --chown=2147483648 a /', 'no id of a user'],
  ['COPY --chown=0:4294967296 a /', 'no id of a user'],
])('%s is a mistake: %s', async (instruction, part) => {
  await expect((await project(`FROM scratch\n${instruction}\n`, { a: 'x' })).build()).rejects.toMatchObject({
    code: 'DOCKERFILE_INVALID',
    where: 'Dockerfile:2',
    message: expect.stringContaining(part) as string,
  })
})

test('a reversed range in a stage holds nothing', async () => {
  const dockerfile = 'FROM scratch AS one\nCOPY a /b\nFROM scratch\nCOPY --from=one /[c-a] /d/\n'
  expect((await (await project(dockerfile, { a: 'x' })).build()).layers).toEqual([])
})

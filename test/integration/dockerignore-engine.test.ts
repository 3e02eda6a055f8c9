import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listContext, parseIgnoreFile } from '../../src/workspace/index.ts'
import { describeWithTools } from '../support/tools.ts'

const files =
  'a b .c ab a.go a.log docs/README.md docs/x docs/deep/y src/main.go src/a/main.go src/a/b/main.go a+b a(b) {c} x^y n/m/a n/m/b n/.c/d'.split(
    ' ',
  )

const written: readonly string[][] = [
  ['a'],
  ['**'],
  ['*', '!src'],
  ['*', '!src/a'],
  ['**/*.go'],
  ['**/a'],
  ['**a'],
  ['a**'],
  ['src/**/main.go'],
  ['docs', '!docs/README.md'],
  ['docs/*', '!docs/README.md'],
  ['docs', '!docs/deep', 'docs/deep/y'],
  ['src/a', '!src'],
  ['src', '!src/a', 'src'],
  ['**', '!**/*.go'],
  ['a+b', 'a(b)', '{c}', 'x^y'],
  ['n/[^x].c'],
  ['n/m[^x]a'],
  ['?'],
  ['.*'],
  ['/src/', '  docs  ', '#a', ' #b'],
  ['*', '! docs'],
]

const part = fc.constantFrom('a', 'b', 'src', 'docs', 'n', 'm', '*', '**', '*.go', '?', '.c', 'ma*', '**a')
const pattern = fc
  .tuple(fc.boolean(), fc.array(part, { minLength: 1, maxLength: 3 }))
  .map(([isException, parts]) => `${isException ? '!' : ''}${parts.join('/')}`)
const random = fc.sample(fc.array(pattern, { minLength: 2, maxLength: 5 }), { numRuns: 20, seed: 7 })

describeWithTools('a .dockerignore file', ['docker', 'engine'], (run) => {
  let folder = ''

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'catamaran-ignore-'))
    for (const file of files) {
      mkdirSync(dirname(join(folder, 'context', file)), { recursive: true })
      writeFileSync(join(folder, 'context', file), file)
    }
    writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY . /\n')
  })

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  async function listByDocker(): Promise<string[]> {
    const out = join(folder, 'out')
    rmSync(out, { recursive: true, force: true })
    const args = ['buildx', 'build', '-q', '-f', join(folder, 'Dockerfile'), '-o', `type=local,dest=${out}`]
    await run('docker', [...args, join(folder, 'context')])
    return (await listContext(out)).map(({ path }) => path)
  }

  const lists = [...written, ...random].map((patterns) => [patterns.join('  '), patterns.join('\n')] as const)

  test.each(lists)('with %s leaves what Docker leaves', async (_, text) => {
    writeFileSync(join(folder, 'context', '.dockerignore'), text)
    const own = await listContext(join(folder, 'context'), { ignore: parseIgnoreFile(text) })
    expect(own.map(({ path }) => path)).toEqual(await listByDocker())
  })
})

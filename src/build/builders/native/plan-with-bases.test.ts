import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import {
  aBaseImage,
  aProject,
  aStockedRegistry,
  linux,
  type BuildOptions,
  type Project,
  type StockedRegistry,
} from '../../../../test/support/native-build.ts'
import { inspectBases } from './image-store.ts'

let stocked: StockedRegistry
let base: string
const projects: Project[] = []

const entries = [{ kind: 'directory', path: 'etc', mode: 0o755, uid: 0, gid: 0, mtimeSeconds: 0 }] as const
const OnBuild = ['COPY own /own', 'COPY --from=tools /a /b', 'COPY $WHERE /where']

beforeAll(async () => {
  stocked = await aStockedRegistry()
  const config = { OnBuild, Env: ['WHERE=there'] }
  base = await stocked.stock('base', [await aBaseImage(entries, { architecture: 'amd64', config })])
})
afterAll(async () => stocked.close())
afterEach(async () => {
  await Promise.all(projects.splice(0).map(async (made) => made.close()))
})

const files = { own: '1', there: '2', first: '3', mine: '4', unused: '5' }

async function dependencies(dockerfile: string, options: BuildOptions = {}): Promise<readonly string[]> {
  const bases = inspectBases(stocked.registry, { host: linux('amd64') })
  const made = await aProject({ ...files, Dockerfile: dockerfile }, { registry: stocked.registry, bases })
  projects.push(made)
  return made.dependencies(options)
}

test.each<[string, (name: string) => string, readonly string[]]>([
  [
    'what ONBUILD of a base image copies, and the stages that it needs',
    (name) => `FROM scratch AS tools\nCOPY first /a\nFROM ${name}\n`,
    ['Dockerfile', 'first', 'own', 'there'],
  ],
  [
    'its variables in later instructions',
    (name) => `FROM scratch AS tools\nFROM ${name}\nARG F=mine\nCOPY $F $WHERE /\n`,
    ['Dockerfile', 'mine', 'own', 'there'],
  ],
  [
    'ONBUILD of a base of a stage, once',
    (name) => `FROM scratch AS tools\nFROM ${name} AS s\nFROM s\nCOPY mine /\n`,
    ['Dockerfile', 'mine', 'own', 'there'],
  ],
  [
    'nothing of bases that are not needed',
    (name) => `FROM ${name} AS s\nFROM scratch\nCOPY mine /\n`,
    ['Dockerfile', 'mine'],
  ],
])('dependencies: %s', async (_, dockerfile, expected) => {
  expect(await dependencies(dockerfile(base))).toEqual(expected)
})

test('a base that has nothing for the platform adds nothing', async () => {
  const dockerfile = `FROM scratch AS tools\nFROM ${base}\nCOPY mine /\n`
  expect(await dependencies(dockerfile, { platforms: ['linux/amd64'] })).toContain('own')
  const index = await stocked.stock('index', [
    await aBaseImage(entries, { architecture: 'amd64', config: { OnBuild } }),
    await aBaseImage(entries, { architecture: 'arm64' }),
  ])
  const onIndex = `FROM scratch AS tools\nFROM ${index}\nCOPY mine /\n`
  expect(await dependencies(onIndex, { platforms: ['linux/s390x'] })).toEqual(['Dockerfile', 'mine'])
  expect(await dependencies(onIndex, { platforms: ['linux/arm64'] })).toEqual(['Dockerfile', 'mine'])
  expect(await dependencies(onIndex, { platforms: ['linux/amd64'] })).toContain('own')
})

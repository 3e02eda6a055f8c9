import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fakePrograms, type FakePrograms } from '../../../../test/support/fake-programs.ts'
import { aRegistry } from '../../../../test/support/registry-fixtures.ts'
import { serveNewStore } from '../../../../test/support/registry-server.ts'
import type { JibArtifact } from '../../../config/index.ts'
import type { Event } from '../../../events/index.ts'
import { createImage } from '../../../image/index.ts'
import { parseReference } from '../../../reference/index.ts'
import { runProcess } from '../../../subprocess/index.ts'
import { publishImages } from '../../../transfer/index.ts'
import type { BuildRequest } from '../../contract.ts'
import { jibArguments, jibFilesArguments, jibSyncArguments, type JibJob } from './jib-arguments.ts'
import { createJibBuilder } from './jib-builder.ts'
import { parseJibFiles } from './jib-dependencies.ts'
import { parseSyncMap } from './jib-sync.ts'

const platforms = [
  { os: 'linux', architecture: 'amd64' },
  { os: 'linux', architecture: 'arm64' },
]
const reference = parseReference('registry.example.com/app:v1')

describe('arguments', () => {
  const job = (jib: Partial<JibArtifact>, more: Partial<JibJob> = {}): string =>
    jibArguments({
      jib: { kind: 'jib', ...jib },
      type: 'maven',
      platforms,
      push: true,
      reference,
      insecure: false,
      ...more,
    }).join(' ')
  const parent = { alias: 'BASE', image: 'base', reference: 'registry.example.com/base:v1@sha256:1', images: [] }

  test('of Maven', () => {
    expect(job({})).toBe(
      'jib:_skaffold-fail-if-jib-out-of-date -Djib.requiredVersion=3.2.0 --batch-mode --non-recursive prepare-package jib:build -Djib.from.platforms=linux/amd64,linux/arm64 -Djib.console=plain -Dimage=registry.example.com/app:v1',
    )
  })

  test('of Gradle', () => {
    expect(job({}, { type: 'gradle' })).toBe(
      '_skaffoldFailIfJibOutOfDate -Djib.requiredVersion=3.2.0 --console=plain :jib --image=registry.example.com/app:v1 -Djib.from.platforms=linux/amd64,linux/arm64 -Djib.console=plain',
    )
  })

  test.each<readonly [string, Partial<JibArtifact>, Partial<JibJob>, string]>([
    [
      'a module of Maven',
      { project: 'web' },
      {},
      '--projects web --also-make package jib:build -Djib.containerize=web',
    ],
    ['a module of Gradle', { project: 'web' }, { type: 'gradle' }, ':web:jib'],
    ['a module of Gradle, with its colon', { project: ':web' }, { type: 'gradle' }, ':web:jib'],
    ['no tests, Maven', {}, { skipTests: true }, '-DskipTests=true'],
    ['no tests, Gradle', {}, { type: 'gradle', skipTests: true }, ':jib -x test'],
    ['flags', { args: ['-Pprod', '-X'] }, {}, '-Pprod -X'],
    ['no push, Maven', {}, { push: false }, 'jib:dockerBuild'],
    ['no push, Gradle', {}, { push: false, type: 'gradle' }, ':jibDockerBuild'],
    ['an insecure registry', {}, { insecure: true }, '-Djib.allowInsecureRegistries=true'],
    ['a base image', { fromImage: 'eclipse-temurin:21' }, {}, '-Djib.from.image=eclipse-temurin:21'],
    [
      'a base image of the project',
      { fromImage: 'BASE' },
      { parents: [parent] },
      `-Djib.from.image=registry://${parent.reference}`,
    ],
    [
      'the same, not pushed',
      { fromImage: 'BASE' },
      { parents: [parent], push: false },
      `-Djib.from.image=docker://${parent.reference}`,
    ],
  ])('%s', (_, jib, more, expected) => {
    expect(` ${job(jib, more)} `).toContain(` ${expected} `)
  })

  test('that ask for the files', () => {
    expect(jibFilesArguments({ kind: 'jib', project: 'web' }, 'gradle')).toContain(':web:_jibSkaffoldFilesV2')
    expect(jibFilesArguments({ kind: 'jib', project: 'web' }, 'maven').join(' ')).toContain(
      '--projects web --also-make jib:_skaffold-files-v2',
    )
  })
})

test('arguments that ask where files go', () => {
  expect(jibSyncArguments({ kind: 'jib', project: 'web' }, 'gradle').join(' ')).toContain(
    ':web:_jibSkaffoldSyncMap -x test',
  )
  expect(jibSyncArguments({ kind: 'jib' }, 'maven').join(' ')).toContain(
    '-Djib.requiredVersion=2.0.0 --batch-mode -DskipTests=true --non-recursive prepare-package jib:_skaffold-sync-map',
  )
})

test('the files of all modules are read out of the output', () => {
  const output =
    'Downloading…\n\nBEGIN JIB JSON\n{"build":["/p/pom.xml"],"inputs":["/p/src"],"ignore":[]}\nBEGIN JIB JSON\r\n{"inputs":["/p/lib"],"ignore":["/p/lib/x"]}\n'
  expect(parseJibFiles(output)).toEqual({ build: ['/p/pom.xml'], inputs: ['/p/src', '/p/lib'], ignore: ['/p/lib/x'] })
  expect(() => parseJibFiles('no such task')).toThrow(expect.objectContaining({ code: 'BUILD_DEPENDENCIES_INVALID' }))
  expect(() => parseJibFiles('BEGIN JIB JSON\nnonsense')).toThrow(/nonsense/)
})

test('where files go is read out of the output', () => {
  expect(parseSyncMap('x\nBEGIN JIB JSON: SYNCMAP/1\r\n{"direct":[{"src":"/p/a","dest":"/app/a"}]}\n')).toEqual({
    direct: [{ source: '/p/a', destination: '/app/a' }],
    generated: [],
  })
  expect(() => parseSyncMap('BUILD FAILURE')).toThrow(expect.objectContaining({ code: 'BUILD_DEPENDENCIES_INVALID' }))
})

describe('builds', () => {
  let folder: string
  let programs: FakePrograms
  const events: Event[] = []
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jib-'))
    await writeFile(join(folder, 'pom.xml'), '<project/>')
    events.length = 0
  })
  afterEach(async () => {
    await programs.close()
    await rm(folder, { recursive: true, force: true })
  })

  function builder(): ReturnType<typeof createJibBuilder> {
    return createJibBuilder({
      runProcess,
      env: programs.env,
      cwd: folder,
      registry: aRegistry(),
      trust: { insecureRegistries: [], all: 'http' },
    })
  }

  function request(more: Partial<BuildRequest> = {}): BuildRequest {
    return {
      artifact: { image: 'app', context: '.', builder: { kind: 'jib' } },
      contextFolder: folder,
      platforms,
      reference,
      push: true,
      emit: (event) => events.push(event),
      signal: new AbortController().signal,
      ...more,
    }
  }

  test('the digest is that of what was pushed', async () => {
    programs = await fakePrograms({ mvn: 'console.log("[INFO] Built and pushed")' })
    const served = await serveNewStore('memory')
    try {
      const name = parseReference(`${served.host}/app:v1`)
      const images = platforms.map((platform) => createImage({ config: platform, layers: [] }))
      const pushed = await publishImages(aRegistry(), { reference: name, images })
      expect(await builder().build(request({ reference: name }))).toEqual({ kind: 'pushed', digest: pushed.digest })
    } finally {
      await served.close()
    }
    expect(events).toContainEqual({ type: 'buildOutput', image: 'app', text: '[INFO] Built and pushed' })
    const [call] = await programs.calls()
    expect(call?.cwd).toBe(folder)
    expect(call?.args).toContain('-Djib.allowInsecureRegistries=true')
  })

  test("Maven's own error is what the error says", async () => {
    programs = await fakePrograms({
      mvn: 'console.log("[ERROR] COMPILATION ERROR : "); console.log("[ERROR] cannot find symbol"); process.exit(1)',
    })
    await expect(builder().build(request())).rejects.toMatchObject({
      code: 'BUILD_TOOL_FAILED',
      message: 'mvn could not build app: COMPILATION ERROR :',
    })
  })

  test('a tool that is not there is named, with how to get it', async () => {
    programs = await fakePrograms({})
    await expect(builder().build(request())).rejects.toMatchObject({
      code: 'BUILD_TOOL_MISSING',
      message: 'app is built with mvn, which is not on this machine',
      hint: 'install Maven (https://maven.apache.org), or add its wrapper mvnw',
    })
    await rm(join(folder, 'pom.xml'))
    await expect(builder().build(request())).rejects.toThrow(/holds no Maven or Gradle project/)
  })

  test('files are asked for again only when a build file changes', async () => {
    programs = await fakePrograms({
      mvn: 'console.log("BEGIN JIB JSON"); console.log(JSON.stringify({build: [path.resolve("pom.xml")], inputs: [path.resolve("src")], ignore: [path.resolve("src/gen")]}))',
    })
    await mkdir(join(folder, 'src/gen'), { recursive: true })
    await writeFile(join(folder, 'src/App.java'), '')
    await writeFile(join(folder, 'src/gen/G.java'), '')
    const jib = builder()
    const list = async (): Promise<readonly string[]> =>
      (await jib.dependencies(request())).map((path) => path.slice(folder.length + 1))
    expect(await list()).toEqual(['pom.xml', 'src', 'src/App.java'])
    await writeFile(join(folder, 'src/New.java'), '')
    expect(await list()).toContain('src/New.java')
    expect(await programs.calls()).toHaveLength(1)
    await utimes(join(folder, 'pom.xml'), 1, 1)
    await list()
    expect(await programs.calls()).toHaveLength(2)
  })

  test('files that changed since the build are told with their places, compiled when they have to be', async () => {
    const map = {
      direct: [{ src: join(folder, 'static/a.txt'), dest: '/app/resources/a.txt' }],
      generated: ['App', 'Old'].map((name) => ({
        src: join(folder, `target/${name}.class`),
        dest: `/app/classes/${name}.class`,
      })),
    }
    const files = { build: [join(folder, 'pom.xml')], inputs: [join(folder, 'src')], ignore: [] }
    programs = await fakePrograms({
      mvn: `const goal = args.join(' ')
      if (goal.includes('sync-map')) {
        fs.writeFileSync('target/App.class', 'new')
        console.log("BEGIN JIB JSON: SYNCMAP/1\\n" + ${JSON.stringify(JSON.stringify(map))})
      }
      if (goal.includes('files-v2')) console.log("BEGIN JIB JSON\\n" + ${JSON.stringify(JSON.stringify(files))})`,
    })
    for (const name of ['static', 'target', 'src']) await mkdir(join(folder, name))
    for (const name of ['static/a.txt', 'target/Old.class', 'src/App.java']) {
      await writeFile(join(folder, name), '')
      await utimes(join(folder, name), 1, 1)
    }
    const jib = builder()
    const changes = async (written: string, deleted: readonly string[] = []): Promise<unknown> =>
      jib.autoSync?.({ ...request(), written: [join(folder, written)], deleted })
    expect(await changes('src/App.java')).toBeUndefined()
    const served = await serveNewStore('memory')
    try {
      const name = parseReference(`${served.host}/app:v1`)
      await publishImages(aRegistry(), {
        reference: name,
        images: [createImage({ config: { os: 'linux', architecture: 'amd64' }, layers: [] })],
      })
      await jib.dependencies(request())
      await jib.build(request({ reference: name }))
    } finally {
      await served.close()
    }
    const compiled = { source: join(folder, 'target/App.class'), destination: '/app/classes/App.class' }
    expect(await changes('src/App.java')).toEqual([compiled])
    const calls = (await programs.calls()).length
    const text = { source: join(folder, 'static/a.txt'), destination: '/app/resources/a.txt' }
    expect(await changes('static/a.txt')).toEqual([text])
    expect(await programs.calls()).toHaveLength(calls)
    expect(await changes('pom.xml')).toBeUndefined()
    expect(await changes('src/App.java', [join(folder, 'src/Gone.java')])).toBeUndefined()
  })
})

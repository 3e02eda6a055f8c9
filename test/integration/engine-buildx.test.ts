import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { DockerSettings } from '../../src/build/index.ts'
import { comparableImage } from '../support/oci-folder.ts'
import { anEngineProject, engineOf, pushShellBase, type EngineProject } from '../support/engines.ts'
import { aRemoteBuilder, type RemoteBuilder } from '../support/remote-buildkit.ts'
import { describeWithTools, serviceAddress } from '../support/tools.ts'

/** Builders of buildx with machines of their own, and caches. Behind them is the BuildKit of the real engine. */

describeWithTools(
  'a builder of buildx with two machines',
  ['busybox', 'busybox-arm64', 'crane', 'engine', 'registry'],
  (run) => {
    let base: string
    let far: RemoteBuilder
    const open: EngineProject[] = []
    beforeAll(async () => {
      base = await pushShellBase('engines/far')
      far = await aRemoteBuilder(['linux/amd64', 'linux/arm64'])
    })
    afterAll(async () => far.close())
    afterEach(async () => {
      for (const project of open.splice(0)) await project.close()
    })
    const project = async (
      dockerfile: string,
      env = {},
      settings: DockerSettings = { builder: far.name },
    ): Promise<EngineProject> => {
      const engines = [engineOf('docker', { ...far.env, ...env }, settings)]
      const made = await anEngineProject({ Dockerfile: dockerfile, file: 'in the context\n' }, engines)
      open.push(made)
      return made
    }

    test('builds where nothing is emulated, and says so before', async () => {
      const app = await project(`FROM ${base}\nRUN echo hi\n`)
      const platforms = ['linux/amd64', 'linux/arm64'].map((platform) => app.request({ platform }).platforms).flat()
      const explained = await app.builder.explain?.({ ...app.request(), platforms })
      expect(explained?.map(({ builder, reason }) => [builder, reason.replace(/^.*; /, '')])).toEqual([
        ['docker', 'programs for linux/amd64 run on node node-0, without emulation'],
        ['docker', 'programs for linux/arm64 run on node node-1, without emulation'],
      ])
      await expect(app.build({ platform: 'linux/s390x' })).rejects.toMatchObject({ code: 'BUILD_EMULATOR_MISSING' })
    })

    test('pushes by digest, with no image on this machine and no tag before all platforms are there', async () => {
      const app = await project(`FROM ${base}\nRUN echo made > /made\nCMD ["/made"]\n`)
      const repository = `${serviceAddress('registry')}/engines/pushed-${process.pid}`
      const image = await app.build({ reference: `${repository}:v1` })
      expect(app.output()).toMatch(/buildx \d\S+ with builder far \(remote\) builds it/)
      expect(app.output()).toContain(`pushed by far: ${image.descriptor.digest}`)
      expect(image.layers.at(-1)?.knownIn).toMatchObject({ repository: `engines/pushed-${process.pid}` })
      expect((await comparableImage(image)).files).toHaveProperty('made')
      const digest = await run('crane', ['digest', '--insecure', `${repository}@${image.descriptor.digest}`])
      expect(digest.stdout.trim()).toBe(image.descriptor.digest)
      await expect(run('crane', ['ls', '--insecure', repository])).rejects.toThrow('NAME_UNKNOWN')
    })

    test('is found by BUILDX_BUILDER, and needs no engine on this machine', async () => {
      const nowhere = { DOCKER_HOST: 'unix:///nonexistent.sock', BUILDX_BUILDER: far.name }
      const app = await project(
        `FROM ${base} AS build\nRUN echo made > /made\nFROM scratch\nCOPY --from=build /made /\n`,
        nowhere,
        {},
      )
      expect(Object.keys((await comparableImage(await app.build())).files)).toEqual(['made'])
      expect(app.output()).toContain('with builder far (remote) builds the stages')
    })

    test('a name that nobody has is said', async () => {
      const app = await project(`FROM ${base}\nRUN echo hi\n`, {}, { builder: 'near' })
      await expect(app.build()).rejects.toThrow('docker buildx: no builder "near" found')
    })
  },
)

describeWithTools('caches of builds', ['busybox', 'busybox-arm64', 'crane', 'docker', 'engine', 'registry'], (run) => {
  let base: string
  let folder: string
  const open: EngineProject[] = []
  beforeAll(async () => {
    base = await pushShellBase('engines/cached')
    folder = await mkdtemp(join(tmpdir(), 'build-cache-'))
  })
  afterAll(async () => rm(folder, { recursive: true, force: true }))
  afterEach(async () => {
    for (const project of open.splice(0)) await project.close()
  })
  const build = async (cacheTo: readonly string[], reference: string): Promise<string> => {
    const app = await anEngineProject({ Dockerfile: `FROM ${base}\nRUN ${command()}\n` }, [
      engineOf('docker', {}, { cacheTo }),
    ])
    open.push(app)
    const image = await app.build({ reference })
    return (await comparableImage(image)).files['when'] ?? ''
  }
  const command = (): string => `echo ${folder} && cat /proc/uptime > /when`
  // others build with the same engine: only what this suite has made goes
  const forget = async (): Promise<void> => {
    const made = `description="mount / from exec /bin/sh -c ${command()}"`
    const { stdout } = await run('docker', ['buildx', 'prune', '--force', '--filter', made])
    expect(stdout).toMatch(/^\w+/)
  }

  test('in a registry: one per image and platform, read again by a builder that knows nothing', async () => {
    const repository = `${serviceAddress('registry')}/engines/cache-${process.pid}`
    const first = await build(['registry'], `${repository}:v1`)
    expect((await run('crane', ['ls', '--insecure', repository])).stdout.trim()).toBe('buildcache_linux_amd64')
    await forget()
    expect(await build(['registry'], `${repository}:v2`)).toBe(first)
  })

  test('in a folder', async () => {
    const wanted = [`type=local,dest=${folder},mode=max`]
    const first = await build(wanted, 'registry.example.com/team/app:v1')
    expect(await readdir(folder)).toEqual(['app_linux_amd64'])
    expect(JSON.parse(await readFile(join(folder, 'app_linux_amd64', 'index.json'), 'utf8'))).toHaveProperty(
      'manifests',
    )
    await forget()
    expect(await build(wanted, 'registry.example.com/team/app:v2')).toBe(first)
  })
})

import { mkdir, readdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { pushShellBase } from '../support/engines.ts'
import { describeWithTools, findTool, type ServiceName, type ToolName } from '../support/tools.ts'
import { createWorkbench, type Workbench } from '../support/workbench.ts'

/** Ctrl+C while an engine runs a program of a Dockerfile: nothing of the build is left. */

interface EngineCase {
  readonly title: string
  /** The only engine that is found. */
  readonly program: 'buildah' | 'docker' | 'podman'
  readonly needs: readonly (ToolName | ServiceName)[]
  /** Fields of `build`. */
  readonly build?: string
}

const cases: readonly EngineCase[] = [
  { title: 'buildx', program: 'docker', needs: ['docker', 'engine'] },
  {
    title: "Docker's old builder",
    program: 'docker',
    needs: ['docker', 'engine'],
    build: 'local: {useBuildkit: false},',
  },
  { title: 'buildah', program: 'buildah', needs: ['buildah'] },
  { title: 'podman', program: 'podman', needs: ['podman'] },
]

for (const { title, program, needs, build = '' } of cases) {
  describeWithTools(`an interrupted build by ${title}`, [...needs, 'busybox', 'busybox-arm64', 'registry'], (run) => {
    let bench: Workbench
    let base: string
    // nobody else on this machine has a program with such an argument
    const mark = `4${process.pid}0000`
    beforeAll(async () => {
      base = await pushShellBase('engines/interrupted')
    })
    beforeEach(async () => {
      bench = await createWorkbench()
    })
    afterEach(async () => bench.close())

    /** Of Docker's those that run the program, of the others all: they have a storage of their own here. */
    const containers = async (env: Readonly<Record<string, string>>): Promise<readonly string[]> => {
      const { stdout } = await run(program, listings[program], { env })
      return stdout.split('\n').filter((line) => line !== '' && (program !== 'docker' || line.includes(mark)))
    }

    test('leaves no process, no container and no folder', async () => {
      await bench.write({
        'skaffold.yaml': `apiVersion: skaffold/v4beta13\nkind: Config\nbuild: {${build} artifacts: [{image: app}]}\n`,
        'storage.conf': `[storage]\ndriver = "vfs"\nrunroot = "${bench.path('run')}"\ngraphroot = "${bench.path('graph')}"\n`,
        Dockerfile: `FROM ${base}\nRUN echo begun && sleep ${mark}\n`,
      })
      const { DOCKER_HOST = '', DOCKER_CONFIG = '', BUILDAH_ISOLATION = '' } = process.env
      const storage = { CONTAINERS_STORAGE_CONF: bench.path('storage.conf') }
      const PATH = await pathOf(bench.path('bin'), program)
      const env = { DOCKER_HOST, DOCKER_CONFIG, BUILDAH_ISOLATION, ...storage, PATH }
      const args = ['build', '--platform=linux/amd64', '--default-repo=127.0.0.1:1/none', '-t', 'v1']
      const building = bench.start([...args, '--cache-artifacts=false'], { env })
      await building.waitFor(/^(?!.*RUN).*begun/m)
      await expect.poll(async () => sleepers(mark)).not.toEqual([])
      expect(await containers(storage)).toHaveLength(title === 'buildx' ? 0 : 1)
      building.signal('SIGINT')
      const { code, output } = await building.ended
      expect(code, output).toBe(130)
      await expect.poll(async () => sleepers(mark), { timeout: 30_000 }).toEqual([])
      // a signal ends podman before it has removed its container, and nobody else knows which one it was
      if (program !== 'podman') await expect.poll(async () => containers(storage), { timeout: 30_000 }).toEqual([])
      expect((await readdir(join(bench.folder, 'tmp'))).filter((name) => name.startsWith('catamaran-'))).toEqual([])
    })
  })
}

const listings = {
  docker: ['ps', '--all', '--no-trunc', '--format', '{{.Image}} {{.Command}}'],
  buildah: ['containers', '--format', '{{.ImageName}} {{.ContainerName}}'],
  podman: ['ps', '--all', '--external', '--no-trunc', '--format', '{{.Image}} {{.Command}}'],
}

/** A folder with one engine in it, and the programs that it starts. */
async function pathOf(folder: string, program: ToolName): Promise<string> {
  await mkdir(folder)
  await symlink(findTool(program) ?? program, join(folder, program))
  return `${folder}:/usr/sbin:/sbin`
}

/** Processes of the program that the Dockerfile runs. */
async function sleepers(mark: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const lines = await Promise.all(pids.map(async (pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return lines.filter((line) => line.split('\0').some((word) => word === mark || word.endsWith(`sleep ${mark}`)))
}

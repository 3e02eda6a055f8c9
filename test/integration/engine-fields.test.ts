import { afterEach, beforeAll, expect, test } from 'vitest'
import type { DockerArtifact } from '../../src/config/index.ts'
import { readLayerTree } from '../../src/layer/index.ts'
import { anEngineProject, engineOf, pushShellBase, type EngineProject } from '../support/engines.ts'
import { gather } from '../support/layers.ts'
import { describeWithTools } from '../support/tools.ts'

/** Every field of `docker` in skaffold.yaml, seen in what the real engines make. */

const engines = [
  { name: 'docker', settings: {}, needs: ['busybox', 'busybox-arm64', 'engine', 'registry'] },
  { name: 'docker', settings: { useBuildkit: false }, needs: ['busybox', 'busybox-arm64', 'engine', 'registry'] },
  { name: 'buildah', settings: {}, needs: ['busybox', 'busybox-arm64', 'buildah', 'registry'] },
  { name: 'podman', settings: {}, needs: ['busybox', 'busybox-arm64', 'podman', 'registry'] },
] as const

interface FieldCase {
  readonly field: string
  readonly docker: Partial<DockerArtifact>
  /** After FROM. */
  readonly dockerfile: string
  /** What stands in the file /out of the image. */
  readonly out: RegExp
  /** Engines that give it to another one. */
  readonly isLeftOut?: 'without BuildKit'
}

const cases = (base: string): readonly FieldCase[] => [
  { field: 'buildArgs', docker: { buildArgs: { A: 'b c' } }, dockerfile: 'ARG A\nRUN echo "$A" > /out', out: /^b c$/ },
  {
    field: 'a credential in buildArgs',
    docker: { buildArgs: { NPM_TOKEN: 'hush' } },
    dockerfile: 'ARG NPM_TOKEN\nRUN echo "$NPM_TOKEN" > /out',
    out: /^hush$/,
  },
  {
    field: 'target',
    docker: { target: 'one' },
    dockerfile: `RUN echo one > /out\nFROM ${base} AS two\nRUN echo two > /out`,
    out: /^one$/,
  },
  {
    field: 'addHost',
    docker: { addHost: ['one.example.com:192.0.2.1'] },
    dockerfile: 'RUN cat /etc/hosts > /out',
    out: /192\.0\.2\.1\s+one\.example\.com/,
  },
  {
    field: 'network: none',
    docker: { network: 'none' },
    dockerfile: 'RUN cat /proc/net/dev > /out',
    out: /^(?:(?!eth0|ens|enp)[^])*$/,
  },
  { field: 'network: host', docker: { network: 'host' }, dockerfile: 'RUN cat /proc/net/route > /out', out: /Iface/ },
  { field: 'pullParent', docker: { pullParent: true }, dockerfile: 'RUN echo pulled > /out', out: /^pulled$/ },
  { field: 'noCache', docker: { noCache: true }, dockerfile: 'RUN echo anew > /out', out: /^anew$/ },
  {
    field: 'cacheFrom',
    docker: { cacheFrom: [base, base.replace(/:1$/, ':none')] },
    dockerfile: 'RUN echo cached > /out',
    out: /^cached$/,
  },
  {
    field: 'secrets',
    docker: { secrets: [{ id: 'hush', env: 'CATAMARAN_TEST_SECRET' }] },
    dockerfile: 'RUN --mount=type=secret,id=hush cat /run/secrets/hush > /out',
    out: /^told to nobody$/,
    isLeftOut: 'without BuildKit',
  },
]

for (const { name, settings, needs } of engines) {
  const isOld = 'useBuildkit' in settings
  describeWithTools(
    `fields of docker in skaffold.yaml, by ${name}${isOld ? ' without BuildKit' : ''}`,
    needs,
    (run) => {
      const isExperimental = async (): Promise<boolean> =>
        (await run('docker', ['version', '--format', '{{.Server.Experimental}}'])).stdout.trim() === 'true'
      let base: string
      const open: EngineProject[] = []
      beforeAll(async () => {
        base = await pushShellBase('engines/fields')
      })
      afterEach(async () => {
        for (const project of open.splice(0)) await project.close()
      })
      const project = async (dockerfile: string): Promise<EngineProject> => {
        const env = { CATAMARAN_TEST_SECRET: 'told to nobody' }
        const app = await anEngineProject({ Dockerfile: dockerfile }, [engineOf(name, env, settings)])
        open.push(app)
        return app
      }

      // without containers of its own, as these tests let it run, buildah has the network of the machine
      const fields = cases('BASE').filter(({ field }) => name === 'docker' || field !== 'network: none')
      test.each(fields.map(({ field }) => field))('%s', async (wanted) => {
        const { docker, dockerfile, out, isLeftOut } =
          cases(base).find(({ field }) => field === wanted) ?? expect.unreachable()
        const app = await project(`FROM ${base} AS one\n${dockerfile}\n`)
        if (isOld && isLeftOut !== undefined) {
          await expect(app.build(docker)).rejects.toThrow(`cannot do docker.${wanted} of skaffold.yaml`)
          return
        }
        const image = await app.build(docker)
        const tree = await readLayerTree(image.layers)
        expect(String(await gather(tree.open('out'))).trim()).toMatch(out)
        expect(app.output()).not.toContain('hush\n')
      })

      test('squash', async () => {
        const app = await project(`FROM ${base}\nRUN echo one > /one\nRUN echo two > /two\n`)
        if (name === 'docker' && !(await isExperimental())) {
          await expect(app.build({ squash: true })).rejects.toThrow('cannot do docker.squash of skaffold.yaml')
          return
        }
        // Docker and podman leave the base's layer alone
        expect((await app.build({ squash: true })).layers).toHaveLength(name === 'buildah' ? 1 : 2)
      })
    },
  )
}

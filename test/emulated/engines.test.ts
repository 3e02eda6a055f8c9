import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readEmulated } from '../../src/build/builders/dockerfile/emulators.ts'
import { readLayerTree } from '../../src/layer/index.ts'
import { anEngineProject, engineOf, pushShellBase } from '../support/engines.ts'
import { gather } from '../support/layers.ts'
import { describeWithTools, serviceAddress } from '../support/tools.ts'
import { createWorkbench, type Workbench } from '../support/workbench.ts'

/** What only works while the machine runs programs of another architecture: scripts/test-tools.sh emulate. */

const isEmulated = (await readEmulated()).some(({ architecture }) => architecture === 'arm64')
const isRequired = process.env['CATAMARAN_REQUIRE_TOOLS'] === '1'

const engines = [
  { name: 'docker', needs: ['busybox', 'busybox-arm64', 'crane', 'docker', 'engine', 'registry'] },
  { name: 'buildah', needs: ['busybox', 'busybox-arm64', 'buildah', 'crane', 'docker', 'engine', 'registry'] },
] as const

/** Several stages that run programs of the target: a library, a program that uses it, and the image that tries it. */
const application = (base: string): Readonly<Record<string, string>> => ({
  'skaffold.yaml': `apiVersion: skaffold/v4beta13
kind: Config
build: {artifacts: [{image: shop, docker: {buildArgs: {GREETING: hello}}}]}
`,
  'src/lib.sh': 'machine() { /bin/busybox uname -m; }\n',
  'src/main.sh':
    '. /app/lib.sh\necho "$GREETING from $(machine), built on $(cat /app/built-on) for $(cat /app/target)"\n',
  Dockerfile: `FROM ${base} AS library
WORKDIR /work
COPY src/lib.sh .
RUN /bin/busybox sha256sum lib.sh > lib.sum && /bin/busybox uname -m > machine

FROM library AS program
ARG TARGETARCH
COPY src/main.sh .
RUN --mount=type=cache,target=/cache echo "$TARGETARCH" > target && /bin/busybox sha256sum -c lib.sum

FROM ${base}
ARG GREETING
ENV GREETING=$GREETING
WORKDIR /app
COPY --from=program /work/lib.sh /work/main.sh /work/target ./
COPY --from=library /work/machine built-on
RUN /bin/sh main.sh > tried && /bin/busybox chown -R 1000:1000 /app
USER 1000:1000
CMD ["/bin/sh", "main.sh"]
`,
})

describe.skipIf(!isEmulated && !isRequired)('with arm64 emulated (scripts/test-tools.sh emulate)', () => {
  for (const { name, needs } of engines) {
    describeWithTools(`${name} runs the programs of a Dockerfile`, needs, (run) => {
      let bench: Workbench
      beforeEach(async () => {
        bench = await createWorkbench()
      })
      afterEach(async () => bench.close())

      test('for arm64', async () => {
        const base = await pushShellBase(`emulated/${name}`)
        const app = await anEngineProject({ Dockerfile: `FROM ${base}\nRUN uname -m > /machine\n` }, [engineOf(name)])
        try {
          const image = await app.build({ platform: 'linux/arm64' })
          expect(image.platform).toEqual({ os: 'linux', architecture: 'arm64' })
          const tree = await readLayerTree(image.layers)
          expect(String(await gather(tree.open('machine')))).toBe('aarch64\n')
        } finally {
          await app.close()
        }
      })

      test('of an application in stages, for both platforms under one index, and both run', async () => {
        const base = await pushShellBase(`emulated/stages-${name}`)
        await bench.write(application(base))
        const repository = `${serviceAddress('registry')}/emulated/app-${name}-${process.pid}`
        const { DOCKER_HOST = '', DOCKER_CONFIG = '', BUILDAH_ISOLATION = '' } = process.env
        // an engine that does not answer is passed over
        const socket = name === 'docker' ? DOCKER_HOST : 'unix:///nonexistent.sock'
        const args = ['build', '--platform=linux/amd64,linux/arm64', `--default-repo=${repository}`, '-t', 'v1']
        const env = { DOCKER_HOST: socket, DOCKER_CONFIG, BUILDAH_ISOLATION }
        const built = await bench.run(args, { env })
        expect(built.code, built.output).toBe(0)
        expect(built.output).toMatch(new RegExp(`\\[linux/arm64\\] ${name}.* builds it: .*RUN`, 'i'))
        expect(built.output).toContain('programs for linux/arm64 are emulated')
        const reference = `${repository}/shop:v1`
        const index = JSON.parse((await run('crane', ['manifest', '--insecure', reference])).stdout) as {
          manifests: readonly { platform: { architecture: string } }[]
        }
        // BuildKit says of each how it was made
        const attestations = name === 'docker' ? ['unknown', 'unknown'] : []
        const made = index.manifests.map(({ platform }) => platform.architecture)
        expect(made).toEqual(['amd64', 'arm64', ...attestations])
        for (const [architecture, machine] of [
          ['amd64', 'x86_64'],
          ['arm64', 'aarch64'],
        ] as const) {
          const own = `${reference}_linux_${architecture}`
          const ran = await run('docker', ['run', '--rm', '--network=none', `--platform=linux/${architecture}`, own])
          expect(ran.stdout).toBe(`hello from ${machine}, built on ${machine} for ${architecture}\n`)
          const tried = await run('docker', [
            'run',
            '--rm',
            '--network=none',
            `--platform=linux/${architecture}`,
            own,
            '/bin/cat',
            'tried',
          ])
          expect(tried.stdout).toBe(ran.stdout)
        }
      })
    })
  }
})

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { readEmulated } from '../../src/build/builders/dockerfile/emulators.ts'
import { readLayerTree } from '../../src/layer/index.ts'
import { comparableImage } from '../support/oci-folder.ts'
import { anEngineProject, engineOf, pushShellBase, type EngineProject } from '../support/engines.ts'
import { gather } from '../support/layers.ts'
import type { ContextEntry } from '../support/native-build.ts'
import { describeWithTools } from '../support/tools.ts'

/** Dockerfiles with RUN, built by the real engines. */

const engines = [
  { name: 'docker', needs: ['busybox', 'busybox-arm64', 'engine', 'registry'] },
  { name: 'buildah', needs: ['busybox', 'busybox-arm64', 'buildah', 'registry'] },
  { name: 'podman', needs: ['busybox', 'busybox-arm64', 'podman', 'registry'] },
] as const

for (const { name, needs } of engines) {
  describeWithTools(`Dockerfiles that run programs, with ${name}`, needs, () => {
    let base: string
    const open: EngineProject[] = []
    beforeAll(async () => {
      base = await pushShellBase(`engines/${name}`)
    })
    afterEach(async () => {
      for (const project of open.splice(0)) await project.close()
    })
    const project = async (files: Readonly<Record<string, ContextEntry>>): Promise<EngineProject> => {
      const made = await anEngineProject(files, [engineOf(name)])
      open.push(made)
      return made
    }

    test('a target that runs programs is built whole, and its configuration survives', async () => {
      const app = await project({
        Dockerfile: `FROM ${base}\nARG WHO\nRUN echo "for $WHO" > /made\nHEALTHCHECK --interval=5s CMD true\nSHELL ["/bin/sh", "-ec"]\nCMD ["echo", "hi"]\n`,
      })
      const image = await app.build({ buildArgs: { WHO: 'us' } })
      expect(image.platform).toEqual({ os: 'linux', architecture: 'amd64' })
      expect(image.manifest.mediaType).toBe('application/vnd.oci.image.manifest.v1+json')
      const { files, config } = await comparableImage(image)
      expect(files).toHaveProperty('made')
      expect(config.config).toMatchObject({
        Healthcheck: { Test: ['CMD-SHELL', 'true'], Interval: 5e9 },
        Cmd: ['echo', 'hi'],
        Shell: ['/bin/sh', '-ec'],
      })
      expect(app.output()).toMatch(/builds it: Dockerfile:3: stage 0: RUN/)
      expect(app.output()).toContain('RUN echo')
    })

    test('stages that run on the building machine serve other platforms, and nothing is emulated', async () => {
      const app = await project({
        'src/one': 'one\n',
        Dockerfile: `FROM --platform=$BUILDPLATFORM ${base} AS build
ARG TARGETARCH BUILDPLATFORM
COPY src /src
RUN mkdir -p /out/sub && echo "$BUILDPLATFORM makes $TARGETARCH" > /out/sub/app && cat /src/one > /out/two && uname -m > /out/machine
FROM ${base}
COPY --from=build /out/* /app/
COPY --from=build --chmod=755 /out/sub/app /bin/app
ENTRYPOINT ["/bin/app"]
`,
      })
      const [amd64, arm64] = await Promise.all([app.build(), app.build({ platform: 'linux/arm64' })])
      expect([amd64.platform.architecture, arm64.platform.architecture]).toEqual(['amd64', 'arm64'])
      const [left, right] = [await comparableImage(amd64), await comparableImage(arm64)]
      expect(Object.keys(right.files).filter((path) => path.startsWith('app'))).toEqual(
        expect.arrayContaining(['app', 'app/app', 'app/machine', 'app/two']),
      )
      expect(left.files['app/app']).not.toBe(right.files['app/app'])
      expect(left.files['app/machine']).toBe(right.files['app/machine'])
      // the base's layer is passed on as it is, and not made anew
      expect(arm64.layers[0]?.knownIn).toMatchObject({ repository: `engines/${name}` })
      expect(app.output()).toMatch(/the rest is made natively: Dockerfile:4: stage "build"/)
    })

    test('an application in stages is built for an architecture that nothing here emulates', async () => {
      const emulated = new Set((await readEmulated()).map(({ architecture }) => architecture))
      const foreign = ['riscv64', 's390x', 'ppc64le', 'arm64'].find((one) => !emulated.has(one)) ?? expect.unreachable()
      const app = await project({
        'src/main': 'the program\n',
        Dockerfile: `FROM --platform=$BUILDPLATFORM ${base} AS library
RUN mkdir -p /lib-out && echo library > /lib-out/lib
FROM --platform=$BUILDPLATFORM ${base} AS compiler
ARG TARGETPLATFORM
WORKDIR /work
COPY src .
COPY --from=library /lib-out /usr/lib/own
RUN cat main /usr/lib/own/lib > /made && echo "for $TARGETPLATFORM" >> /made && chmod 755 /made
FROM scratch
COPY --from=compiler --chown=1000:1000 /made /bin/made
COPY --from=library /lib-out/ /lib/
USER 1000
ENTRYPOINT ["/bin/made"]
`,
      })
      const image = await app.build({ platform: `linux/${foreign}` })
      expect(image.platform.architecture).toBe(foreign)
      const tree = await readLayerTree(image.layers)
      expect(String(await gather(tree.open('bin/made')))).toBe(`the program\nlibrary\nfor linux/${foreign}\n`)
      expect(tree.get('bin/made')).toMatchObject({ uid: 1000, gid: 1000, mode: 0o755 })
      expect(app.output()).not.toContain('emulated')
    })

    test('a stage that does not know the target is built once for all platforms', async () => {
      const app = await project({
        Dockerfile: `FROM --platform=$BUILDPLATFORM ${base} AS build\nRUN echo once > /out\nFROM ${base}\nCOPY --from=build /out /out\n`,
      })
      const images = await Promise.all([
        app.build({ noCache: true }),
        app.build({ platform: 'linux/arm64', noCache: true }),
      ])
      expect(images.map(({ platform }) => platform.architecture)).toEqual(['amd64', 'arm64'])
      expect(images[0].layers.at(-1)?.descriptor).toEqual(images[1].layers.at(-1)?.descriptor)
      expect(app.output().match(/RUN echo once/g)).toHaveLength(1)
    })

    test('an architecture that nobody emulates is refused before anything is built', async () => {
      const app = await project({ Dockerfile: `FROM ${base}\nRUN echo hi\n` })
      const failure = app.build({ platform: 'linux/s390x' })
      await expect(failure).rejects.toMatchObject({
        code: 'BUILD_EMULATOR_MISSING',
        where: 'Dockerfile:2',
        hint: 'install an emulator: docker run --privileged --rm tonistiigi/binfmt --install s390x',
      })
      await expect(failure).rejects.toThrow(/stage 0 runs programs for linux\/s390x/)
      expect(app.output()).toBe('')
    })

    test('a program that fails is what the error says', async () => {
      const app = await project({ Dockerfile: `FROM ${base}\nRUN echo about to fail && exit 7\n` })
      await expect(app.build()).rejects.toMatchObject({ code: 'BUILD_TOOL_FAILED' })
      await expect(app.build()).rejects.toThrow(/could not build app for linux\/amd64: .*exit/)
      expect(app.output()).toContain('about to fail')
    })

    test('what ONBUILD of a base image runs is seen on the way', async () => {
      const app = await project({ Dockerfile: `FROM ${base} AS one\nONBUILD RUN echo on > /onbuild\nFROM one\n` })
      const { files } = await comparableImage(await app.build())
      expect(files).toHaveProperty('onbuild')
    })

    test('an aborted build ends at once', async () => {
      const app = await project({ Dockerfile: `FROM ${base}\nRUN echo started && sleep 60\n` })
      const controller = new AbortController()
      const building = app.build({ signal: controller.signal, noCache: true })
      const aborted = building.catch((error: unknown) => error)
      await expect.poll(() => app.output(), { timeout: 20_000 }).toContain('started')
      controller.abort('stop')
      expect(await aborted).toBe('stop')
    })

    test('what an artifact requires and was not pushed is given to the engine and to the native builder', async () => {
      const parent = await project({ Dockerfile: `FROM ${base}\nCOPY Dockerfile /from-parent\n` })
      const images = [await parent.build(), await parent.build({ platform: 'linux/arm64' })]
      const parents = [{ alias: 'BASE', image: 'parent', reference: 'registry.invalid/parent:v1', images }]
      const whole = await project({ Dockerfile: 'ARG BASE\nFROM $BASE\nRUN cat /from-parent > /seen\n' })
      expect((await comparableImage(await whole.build({ parents }))).files).toHaveProperty('seen')
      const hybrid = await project({
        Dockerfile: `ARG BASE\nFROM --platform=$BUILDPLATFORM ${base} AS build\nRUN echo made > /made\nFROM $BASE\nCOPY --from=build /made /\n`,
      })
      const arm64 = await hybrid.build({ parents, platform: 'linux/arm64' })
      expect(arm64.platform.architecture).toBe('arm64')
      const { files } = await comparableImage(arm64)
      expect(Object.keys(files)).toEqual(expect.arrayContaining(['from-parent', 'made']))
    })

    test('secrets and ignore files of a Dockerfile count', async () => {
      const app = await project({
        'secret.txt': 'hush\n',
        'a.txt': 'a',
        'b.txt': 'b',
        'deploy/App.Dockerfile': `FROM ${base}\nCOPY . /context\nRUN --mount=type=secret,id=hush cat /run/secrets/hush > /told\n`,
        'deploy/App.Dockerfile.dockerignore': 'b.txt\nsecret.txt\n',
      })
      const image = await app.build({
        dockerfile: 'deploy/App.Dockerfile',
        secrets: [{ id: 'hush', src: `${app.folder}/secret.txt` }],
      })
      const { files } = await comparableImage(image)
      expect(Object.keys(files).filter((path) => path.startsWith('context/') && !path.includes('deploy'))).toEqual([
        'context/a.txt',
      ])
      expect(files['told']).toBeDefined()
    })
  })
}

describeWithTools('no engine', ['busybox', 'registry'], () => {
  let app: EngineProject
  afterAll(async () => app.close())

  test('the native refusal says which engines are missing', async () => {
    const base = await pushShellBase('engines/none')
    const nowhere = { PATH: '/nonexistent' }
    app = await anEngineProject({ Dockerfile: `FROM ${base}\nRUN echo hi\n` }, [
      engineOf('docker', nowhere),
      engineOf('buildah', nowhere),
      engineOf('podman', nowhere),
    ])
    await expect(app.build()).rejects.toMatchObject({ code: 'DOCKERFILE_NEEDS_RUN', where: 'Dockerfile:2' })
    await expect(app.build()).rejects.toThrow(
      /docker is not installed; buildah is not installed; podman is not installed$/,
    )
  })
})

describeWithTools('what buildah has cached', ['buildah'], () => {
  test('for another platform is not taken for this one', async () => {
    // an unknown frontend is what an engine is needed for, and buildah looks at none
    const app = await anEngineProject(
      {
        file: `${Math.random()}`,
        Dockerfile: '# syntax=example.invalid/frontend\nFROM scratch\nCOPY file /file\n',
      },
      [engineOf('buildah')],
    )
    try {
      for (const architecture of ['arm64', 'amd64']) {
        const image = await app.build({ platform: `linux/${architecture}` })
        expect(image.platform.architecture).toBe(architecture)
      }
      expect(app.output()).toContain('buildah took an image for linux/arm64 from its cache: building anew')
    } finally {
      await app.close()
    }
  })
})

import { afterEach, beforeEach, expect, test } from 'vitest'
import { pushShellBase } from '../support/engines.ts'
import { describeWithTools, serviceAddress } from '../support/tools.ts'
import { createWorkbench, type Workbench } from '../support/workbench.ts'

/** The command line over a real engine: a base of the project, an application on it, hooks around it. */

describeWithTools('catamaran build with Docker', ['busybox', 'busybox-arm64', 'crane', 'engine', 'registry'], (run) => {
  let bench: Workbench
  let base: string
  beforeEach(async () => {
    bench = await createWorkbench()
    base = await pushShellBase('engines/cli')
    await bench.write({
      'base/Dockerfile': `FROM ${base}\nCOPY base.txt /\n`,
      'base/base.txt': 'from the base\n',
      'app/Dockerfile': `ARG BASE
FROM --platform=$BUILDPLATFORM $BASE AS build
ARG TARGETARCH
RUN cat /base.txt > /out && echo "made for $TARGETARCH" >> /out
FROM $BASE
COPY --from=build /out /out
CMD ["cat", "/out"]
`,
      'skaffold.yaml': `apiVersion: skaffold/v4beta13
kind: Config
build:
  artifacts:
    - image: app
      context: app
      requires: [{ image: base, alias: BASE }]
      hooks:
        before: [{ command: [sh, -c, 'echo "hook: $SKAFFOLD_IMAGE in $(basename $PWD)"'] }]
    - image: base
      context: base
`,
    })
  })
  afterEach(async () => bench.close())

  const env = (): Record<string, string> => ({
    DOCKER_HOST: process.env['DOCKER_HOST'] ?? '',
    DOCKER_CONFIG: process.env['DOCKER_CONFIG'] ?? '',
  })
  const both = '--platform=linux/amd64,linux/arm64'

  test('says who builds what, and why', async () => {
    const { code, stdout } = await bench.run(['build', '--explain', both, '--default-repo=r.invalid', '-t', 'v1'], {
      env: env(),
    })
    expect(code).toBe(0)
    expect(stdout).toContain(`app
  linux/amd64: docker and native, because Dockerfile:4: stage "build": RUN`)
    expect(stdout).toContain(`base
  linux/amd64: native, because nothing in it has to run
  linux/arm64: native, because nothing in it has to run
`)
    const json = await bench.run(
      ['build', '--explain', '--format=json', both, '--default-repo=r.invalid', '-t', 'v1'],
      {
        env: env(),
      },
    )
    const answer = JSON.parse(json.stdout) as { builds: { imageName: string; platforms: { builder: string }[] }[] }
    expect(answer.builds.map(({ imageName, platforms }) => [imageName, platforms[0]?.builder])).toEqual([
      ['app', 'docker and native'],
      ['base', 'native'],
    ])
  })

  test('builds the base first, then the application for both platforms, under one index', async () => {
    const repo = `${serviceAddress('registry')}/engines/cli-${process.pid}`
    const result = await bench.run(['build', both, `--default-repo=${repo}`, '-t', 'v1'], { env: env() })
    expect(result.code, result.output).toBe(0)
    expect(result.output).toMatch(/Build \[base\] succeeded[^]*Building \[app\][^]*hook: \S+app:v1 in app/)
    for (const architecture of ['amd64', 'arm64']) {
      const args = ['config', '--insecure', `--platform=linux/${architecture}`, `${repo}/app:v1`]
      const config = JSON.parse((await run('crane', args)).stdout) as { architecture: string }
      expect(config.architecture).toBe(architecture)
    }
  })

  test('without a push the image is in the engine, and runs', async () => {
    const name = `app:v${process.pid}`
    const args = ['build', '-b', 'app', '--platform=linux/amd64', '--push=false', '-t', `v${process.pid}`]
    const result = await bench.run(args, { env: env() })
    expect(result.code, result.output).toBe(0)
    try {
      const { stdout } = await run('docker', ['run', '--rm', '--network=none', name])
      expect(stdout).toBe('from the base\nmade for amd64\n')
      const again = await bench.run([...args.slice(0, -1), `w${process.pid}`], { env: env() })
      expect(again.code, again.output).toBe(0)
      // what others start from has to be at hand, and is built
      expect(again.output).toMatch(/Building \[base\][^]* - app: Found Locally/)
      expect(again.output).not.toContain('Building [app]')
      await run('docker', ['image', 'inspect', `app:w${process.pid}`])
    } finally {
      const { stdout } = await run('docker', ['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}'])
      const own = stdout.split('\n').filter((one) => /^(?:app|base):(?:[vw]\d+|[0-9a-f]{64})$/.test(one))
      await run('docker', ['rmi', '--force', ...own])
    }
  })
})

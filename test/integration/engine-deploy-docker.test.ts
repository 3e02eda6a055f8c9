import { afterEach, beforeEach, expect, test } from 'vitest'
import { pushShellBase } from '../support/engines.ts'
import { describeWithTools } from '../support/tools.ts'
import { createWorkbench, type Workbench } from '../support/workbench.ts'

/** `deploy.docker`: images that were built run as containers of the real engine, and no cluster is there. */

describeWithTools(
  'containers of Docker on this machine',
  ['busybox', 'busybox-arm64', 'docker', 'engine', 'registry'],
  (run) => {
    const name = `web-${process.pid}`
    let bench: Workbench
    let base: string
    beforeEach(async () => {
      bench = await createWorkbench()
      base = await pushShellBase('engines/containers')
      await bench.write(project('echo "hello from $(cat /message)"; exec /bin/busybox httpd -f -p 8080 -h /www'))
    })
    afterEach(async () => {
      await cli('delete')
      await bench.close()
    })
    const project = (script: string): Readonly<Record<string, string>> => ({
      'skaffold.yaml': `apiVersion: skaffold/v4beta13
kind: Config
build: {artifacts: [{image: ${name}}]}
deploy:
  docker: {images: [${name}]}
portForward:
  - {resourceType: container, resourceName: ${name}, port: 8080, localPort: 18080}
`,
      Dockerfile: `FROM ${base}\nCOPY message /message\nCOPY message /www/index.html\nCMD ["/bin/sh", "-c", ${JSON.stringify(script)}]\n`,
      message: 'one',
    })
    const env = (): Record<string, string> => ({
      DOCKER_HOST: process.env['DOCKER_HOST'] ?? '',
      DOCKER_CONFIG: process.env['DOCKER_CONFIG'] ?? '',
      KUBECONFIG: '/nonexistent',
    })
    const cli = async (...args: readonly string[]): ReturnType<Workbench['run']> => bench.run(args, { env: env() })
    const running = async (): Promise<string> => {
      const args = ['ps', '--all', '--quiet', '--filter', `label=catamaran.dev/artifact=${name}`]
      const ids = (await run('docker', args)).stdout.split('\n').filter((id) => id !== '')
      if (ids.length === 0) return ''
      return (await run('docker', ['inspect', '--format', '{{slice .Name 1}} {{.Config.Image}}', ...ids])).stdout.trim()
    }
    const portIn = (output: string): string => /-> http:\/\/(127\.0\.0\.1:\d+)/.exec(output)?.[1] ?? 'nowhere'

    test('run starts them, delete removes them', async () => {
      const result = await cli('run', '-t', 'v1')
      expect(result.code, result.output).toBe(0)
      expect(result.output).toContain(` - container/${name} created\n`)
      expect(result.output).toContain(` - container/${name} is ready.`)
      expect(result.output).not.toContain('Pushed')
      expect(await running()).toMatch(new RegExp(`^${name} ${name}:[0-9a-f]{64}$`))
      const networks = await run('docker', ['inspect', '--format', '{{json .NetworkSettings.Networks}}', name])
      expect(networks.stdout).toMatch(/"skaffold-network-[0-9a-f-]+"/)
      expect(await (await fetch(`http://${portIn(result.output)}/`)).text()).toBe('one')
      expect((await run('docker', ['exec', name, '/bin/busybox', 'uname', '-m'])).stdout).toBe('x86_64\n')
      const again = await cli('run', '-t', 'v2')
      expect(again.output).toContain(` - ${name}: Found Locally`)
      expect(again.output).toContain(` - container/${name} configured`)
      const deleted = await cli('delete', '--dry-run')
      expect(deleted.output).toContain(`container "${name}" would be deleted`)
      expect(await running()).not.toBe('')
      await cli('delete')
      expect(await running()).toBe('')
      expect((await run('docker', ['network', 'ls', '--format', '{{.Name}}'])).stdout).not.toContain(
        /"(skaffold-network-[0-9a-f-]+)"/.exec(networks.stdout)?.[1] ?? '?',
      )
    })

    test('dev shows what they print, replaces them, and removes them in the end', async () => {
      const dev = bench.start(['dev', '-t', 'v1'], { env: env() })
      await dev.waitFor(`[${name}] hello from one`)
      await dev.waitFor('Watching for changes')
      const before = await running()
      await bench.write({ message: 'two' })
      await dev.waitFor(`container/${name} configured`)
      await dev.waitFor(`[${name}] hello from two`)
      expect(await running()).toMatch(new RegExp(`^${name} `))
      expect(await running()).not.toBe(before)
      dev.signal('SIGINT')
      expect((await dev.ended).code).toBe(0)
      expect(dev.stdout()).toContain(`container "${name}" deleted`)
      expect(await running()).toBe('')
    })

    test('debug starts them so that a debugger can be connected', async () => {
      const java = '#!/bin/sh\necho "told: $JAVA_TOOL_OPTIONS"\nexec sleep 1000\n'
      const Dockerfile = `FROM ${base}\nENV JAVA_VERSION=21\nCOPY --chmod=755 java /bin/java\nENTRYPOINT ["java", "-jar", "app.jar"]\n`
      await bench.write({ Dockerfile, java })
      const debug = bench.start(['debug', '-t', 'v1'], { env: env() })
      await debug.waitFor(/told: -agentlib:jdwp=\S*address=(?:\*:)?5005/)
      await debug.waitFor('Watching for changes')
      expect(debug.stdout()).toContain(
        `container/${name}: container ${name} is ready for jvm debuggers: port 5005 (jdwp)`,
      )
      const ports = await run('docker', ['port', name, '5005'])
      expect(ports.stdout).toMatch(/^127\.0\.0\.1:\d+\n$/)
      debug.signal('SIGINT')
      expect((await debug.ended).code).toBe(0)
      expect(await running()).toBe('')
    })

    test.each([
      ['a program that ends', 'echo about to fail; exit 3', [], /it exited with 3\nabout to fail/],
      [
        'a health check that fails',
        'exec sleep 1000',
        ['HEALTHCHECK --interval=100ms --retries=1 CMD exit 1'],
        /its health check fails/,
      ],
    ])('%s is what the error says', async (_, script, more, message) => {
      const files = project(script)
      await bench.write({ ...files, Dockerfile: `${files['Dockerfile'] ?? ''}${more.join('\n')}\n` })
      const result = await cli('run', '-t', 'v1')
      expect(result.code).toBe(1)
      expect(result.output).toContain('DOCKER_DEPLOY_FAILED')
      expect(result.output).toMatch(message)
    })

    test('deploy runs what build has left in the engine, and another name is found when somebody has it', async () => {
      expect((await cli('build', '-t', 'v1', '--file-output=build.json')).code).toBe(0)
      await run('docker', ['run', '--detach', '--name', name, base, '/bin/sleep', '1000'])
      try {
        const result = await cli('deploy', '-a', 'build.json')
        expect(result.code, result.output).toBe(0)
        expect(await running()).toMatch(new RegExp(`^${name}-1 `))
      } finally {
        await run('docker', ['rm', '--force', name])
      }
    })
  },
)

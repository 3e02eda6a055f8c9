import { createHash, randomBytes } from 'node:crypto'
import { PassThrough } from 'node:stream'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openKube, waitForObject, type ExecOptions, type KubeClient, type TerminalSize } from '../../src/kube/index.ts'
import { deployResources } from '../../src/deploy/index.ts'
import { runProcess, spawnProcess } from '../../src/subprocess/index.ts'
import { exampleFolder } from '../support/cli.ts'
import { hostArchitecture, sandboxRuns } from '../support/host.ts'
import { startTestSandbox, type TestSandbox } from '../support/sandbox.ts'
import { pushProgramsOfHost } from '../support/shell-image.ts'
import { findTool } from '../support/tools.ts'

/** Programs and connections in pods that really run; needs Linux and namespaces. */
describe.skipIf(!sandboxRuns(hostArchitecture))('streams into a pod', () => {
  const signal = new AbortController().signal
  const pod = { namespace: 'default', name: 'web' }
  let sandbox: TestSandbox
  let client: KubeClient

  beforeAll(async () => {
    sandbox = await startTestSandbox(`1xlinux/${hostArchitecture}`)
    client = await openKube({ env: {}, runProcess, kubeconfig: sandbox.kubeconfigPath })
    const image = `${sandbox.registry}/web:1`
    const server = readFileSync(`${exampleFolder('hello-mixed')}/bin/server-linux-${hostArchitecture}`)
    const entrypoint = ['/server', '--servedir=/site', '--watch=forever', '--serve=0.0.0.0:8080']
    const files = { server, 'site/index.html': Buffer.from('hello') }
    await pushProgramsOfHost(image, ['/bin/sh', '/bin/cat', '/bin/sleep', '/bin/stty'], { files, entrypoint })
    const container = { name: 'c', image, env: [{ name: 'COLOUR', value: 'blue' }] }
    const metadata = { name: 'web', labels: { app: 'web' } }
    const object = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [container] } }
    await deployResources(client, { objects: [object], emit: () => {}, signal })
    const ref = { apiVersion: 'v1', kind: 'Pod', ...pod }
    const isDone = (found: unknown): boolean => JSON.stringify(found ?? '').includes('"phase":"Running"')
    await waitForObject(client, { ref, isDone }, { timeoutMs: 20_000, signal })
  }, 60_000)

  afterAll(async () => {
    await client.close()
    await sandbox.close()
  })

  async function exec(
    command: readonly string[],
    options: Partial<ExecOptions> = {},
  ): Promise<{ code: number; out: string; errors: string }> {
    const [out, errors]: [Uint8Array[], Uint8Array[]] = [[], []]
    const { exitCode } = await client.exec(pod, {
      command,
      onStdout: (chunk) => void out.push(chunk),
      onStderr: (chunk) => void errors.push(chunk),
      ...options,
    })
    return { code: exitCode, out: Buffer.concat(out).toString(), errors: Buffer.concat(errors).toString() }
  }

  async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000)
  }

  test('a program runs beside the container’s own, in its environment', async () => {
    const said = await exec(['/bin/sh', '-c', 'echo $COLOUR; echo bad >&2; exit 3'])
    expect(said).toEqual({ code: 3, out: 'blue\n', errors: 'bad\n' })
    expect((await exec(['/bin/cat', '/proc/1/cmdline'])).out).toContain('/server')
  })

  test('a terminal has the size that it is given, and takes another', async () => {
    let next = (): void => {}
    async function* sizes(): AsyncGenerator<TerminalSize> {
      yield { columns: 123, rows: 45 }
      await new Promise<void>((resolve) => (next = resolve))
      yield { columns: 90, rows: 30 }
    }
    // the shell is told by a signal
    const script = 'trap "stty size" WINCH; echo ready; while [ -z "$done" ]; do read -r done; done'
    const chunks: string[] = []
    const seen = (text: string): boolean => chunks.join('').includes(text)
    const input = new PassThrough()
    const running = client.exec(pod, {
      command: ['/bin/sh', '-c', script],
      terminal: sizes(),
      stdin: input,
      onStdout: (chunk) => {
        chunks.push(Buffer.from(chunk).toString())
        if (seen('45 123')) next()
        if (seen('30 90')) input.end('over\n')
      },
    })
    expect((await running).exitCode).toBe(0)
    expect(seen('45 123')).toBe(true)
  })

  test('the end of its input is the end of what is sent, whatever the size', async () => {
    const bytes = randomBytes(3_000_000)
    const received = createHash('sha256')
    const outcome = await client.exec(pod, {
      command: ['/bin/cat'],
      stdin: pieces(bytes),
      onStdout: async (chunk) => {
        received.update(chunk)
        await new Promise((resolve) => setImmediate(resolve))
      },
    })
    expect(outcome).toEqual({ exitCode: 0 })
    expect(received.digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'))
  })

  test.each([
    ['a program that is not there', ['/nope'], /exec: "\/nope": stat \/nope: no such file or directory/],
    ['no program', [], /args must not be empty/],
  ])('%s is said in the runtime’s words', async (_, command, message) => {
    await expect(exec(command)).rejects.toMatchObject({ code: 'KUBE_FAILED', message: expect.stringMatching(message) })
  })

  test.each([['another container', { container: 'nope' }, 'KUBE_INVALID', 'container nope is not valid for pod web']])(
    '%s is refused',
    async (_, options, code, message) => {
      await expect(exec(['/bin/cat'], options)).rejects.toMatchObject({
        code,
        message: expect.stringContaining(message),
      })
    },
  )

  test('a pod that is not there', async () => {
    await expect(client.exec({ namespace: 'default', name: 'nope' }, { command: ['x'] })).rejects.toMatchObject({
      code: 'KUBE_NOT_FOUND',
    })
  })

  test('an aborted program ends', async () => {
    const aborter = new AbortController()
    const running = exec(['/bin/sh', '-c', 'echo up; exec /bin/sleep 600'], {
      signal: aborter.signal,
      onStdout: () => aborter.abort(new Error('enough')),
    })
    await expect(running).rejects.toThrow('enough')
    await waitUntilGone()
  })

  async function waitUntilGone(): Promise<void> {
    for (;;) {
      const { out } = await exec([
        '/bin/sh',
        '-c',
        'for f in /proc/[0-9]*; do cat $f/cmdline; done 2>/dev/null || true',
      ])
      if (!out.includes('sleep\u0000600')) return
    }
  }

  test('a connection reaches what listens in the pod', async () => {
    const stream = await client.connectPort(pod, { port: 8080 })
    stream.end('GET / HTTP/1.0\r\nHost: localhost\r\n\r\n')
    const chunks: Buffer[] = []
    for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk)
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.[01] 200/)
  })

  test('a port on which nothing listens is an error of the stream', async () => {
    const stream = await client.connectPort(pod, { port: 8081 })
    const failed = new Promise<Error>((resolve) => stream.once('error', resolve))
    expect(await failed).toMatchObject({ code: 'KUBE_FAILED', message: expect.stringContaining('connection refused') })
  })

  test('kubectl uses the same streams', async () => {
    const kubectl = findTool('kubectl')
    if (kubectl === undefined) return
    // it keeps what it learns about a server in its home, and without one in the working folder
    const env = { HOME: dirname(sandbox.kubeconfigPath) }
    const call = async (args: readonly string[], input?: string): Promise<string> => {
      const spec = { command: kubectl, args: ['--kubeconfig', sandbox.kubeconfigPath, ...args], env }
      return (await runProcess(input === undefined ? spec : { ...spec, input })).stdout
    }
    expect(await call(['exec', '-i', 'web', '--', '/bin/cat'], 'typed')).toBe('typed')
    const forwarding = await spawnProcess({
      command: kubectl,
      args: ['--kubeconfig', sandbox.kubeconfigPath, 'port-forward', 'pod/web', ':8080'],
      env,
    })
    try {
      let said = ''
      const told = new Promise<void>((resolve) => {
        void (async () => {
          for await (const chunk of forwarding.stdout) {
            said += Buffer.from(chunk).toString()
            if (said.includes('->')) resolve()
          }
        })()
      })
      await told
      const [, port = ''] = /127\.0\.0\.1:(\d+)/.exec(said) ?? []
      const answers = await Promise.all([1, 2, 3].map(async () => fetch(`http://127.0.0.1:${port}/`)))
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    } finally {
      forwarding.kill()
      await forwarding.exited
    }
  })
})

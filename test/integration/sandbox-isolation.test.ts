import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { load } from 'js-yaml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exampleFolder } from '../support/cli.ts'
import { hostArchitecture, sandboxRuns } from '../support/host.ts'
import { request, type HttpAnswer } from '../support/https-request.ts'
import { pushImages } from '../support/push-image.ts'
import { sleeper, startTestSandbox, type TestSandbox } from '../support/sandbox.ts'
import { tinyElf, type TinyArchitecture } from '../support/tiny-elf.ts'
import { createWorkbench, type Workbench } from '../support/workbench.ts'

/** Programs that the sandbox really runs; needs Linux and namespaces, as `unshare` makes them. */

const own = hostArchitecture as TinyArchitecture
const server = `${exampleFolder('hello-mixed')}/bin/server-linux-${own}`
const pods = '/api/v1/namespaces/default/pods'

interface PodStatus {
  readonly phase?: string
  readonly containerStatuses?: readonly {
    readonly restartCount: number
    readonly state: Readonly<Record<string, { readonly exitCode?: number; readonly message?: string }>>
  }[]
}

/** A client for the API that a kubeconfig names. */
function clientOf(kubeconfig: string): (method: string, path: string, body?: object) => Promise<HttpAnswer> {
  const { users, clusters } = load(kubeconfig) as {
    users: readonly [{ user: { token: string } }]
    clusters: readonly [{ cluster: Record<string, string> }]
  }
  const { server: url = '', 'certificate-authority-data': authority = '' } = clusters[0].cluster
  const ca = Buffer.from(authority, 'base64').toString()
  const headers = { authorization: `Bearer ${users[0].user.token}`, 'content-type': 'application/json' }
  return async (method, path, body) =>
    request({
      method,
      url: `${url}${path}`,
      ca,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
}

/** The shell of this machine with the libraries it needs, as the files of an image; undefined where there is none. */
function shellFiles(): Readonly<Record<string, Uint8Array>> | undefined {
  const { stdout, status } = spawnSync('ldd', ['/bin/sh'], { encoding: 'utf8' })
  if (status !== 0) return undefined
  const paths = ['/bin/sh', ...[...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path)]
  return Object.fromEntries(paths.map((path) => [path.slice(1), readFileSync(path)]))
}

describe.skipIf(!sandboxRuns(own))('a container that is executed', () => {
  let sandbox: TestSandbox
  let ask: ReturnType<typeof clientOf>
  const shell = shellFiles()

  beforeAll(async () => {
    sandbox = await startTestSandbox(`1xlinux/${own}`)
    ask = clientOf(sandbox.kubeconfig)
    if (shell !== undefined) {
      await pushImages(`${sandbox.registry}/shell:1`, [
        { architecture: own, entrypoint: ['/bin/sh', '-c'], files: shell },
      ])
    }
  })

  afterAll(async () => sandbox.close())

  async function statusOf(name: string): Promise<PodStatus> {
    const { json } = await ask('GET', `${pods}/${name}`)
    return (json as { status?: PodStatus }).status ?? {}
  }

  async function waitFor(name: string, isWanted: (status: PodStatus) => boolean): Promise<PodStatus> {
    for (let tries = 0; tries < 200 && !isWanted(await statusOf(name)); tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    return statusOf(name)
  }

  async function create(name: string, container: object, spec: object = {}): Promise<void> {
    const containers = [{ name: 'c', image: `${sandbox.registry}/shell:1`, ...container }]
    const { status, text } = await ask('POST', pods, { metadata: { name }, spec: { containers, ...spec } })
    expect(status, text).toBe(201)
  }

  /** What a shell line prints in a pod that runs once, in order. */
  async function say(name: string, line: string, { container = {}, spec = {} } = {}): Promise<string> {
    await create(name, { args: [line], ...container }, { restartPolicy: 'Never', ...spec })
    await waitFor(name, ({ phase }) => phase === 'Succeeded' || phase === 'Failed')
    return (await ask('GET', `${pods}/${name}/log`)).text
  }

  describe.skipIf(shell === undefined)('from a shell', () => {
    test('has its output, of both kinds, in its log', async () => {
      expect((await say('streams', 'echo out; echo err >&2')).split('\n').toSorted()).toEqual(['', 'err', 'out'])
    })

    test('has the variables, files and names of its pod', async () => {
      await ask('POST', '/api/v1/namespaces/default/configmaps', {
        metadata: { name: 'cm' },
        data: { file: 'content' },
      })
      const line =
        'echo "$A $HOSTNAME $PWD"; read -r text < /etc/config/file; echo "$text"; while read -r l; do echo "$l"; done < /etc/hosts'
      const container = {
        env: [{ name: 'A', value: 'a' }],
        workingDir: '/work',
        volumeMounts: [{ name: 'v', mountPath: '/etc/config', readOnly: true }],
      }
      const lines = (
        await say('names', line, { container, spec: { volumes: [{ name: 'v', configMap: { name: 'cm' } }] } })
      ).split('\n')
      expect(lines.slice(0, 2)).toEqual(['a names /work', 'content'])
      expect(lines.at(-2)).toMatch(/^10\.144\.\d+\.\d+\s+names$/)
    })

    test('is the first process, and sees no others', async () => {
      expect(await say('alone', 'echo $$$$; for entry in /proc/[0-9]*; do echo "$entry"; done')).toBe('1\n/proc/1\n')
    })

    test('cannot write what is read-only, nor change its image', async () => {
      const container = { volumeMounts: [{ name: 'v', mountPath: '/v', readOnly: true }] }
      const spec = { volumes: [{ name: 'v', emptyDir: {} }] }
      const line =
        'if (: > /v/x) 2>/dev/null; then echo written; else echo refused; fi; echo changed > /bin/new; echo /bin/*'
      expect(await say('first', line, { container, spec })).toBe('refused\n/bin/new /bin/sh\n')
      expect(await say('second', 'echo /bin/*')).toBe('/bin/sh\n')
    })

    test('ends with its status and its last words', async () => {
      await say('ends', 'echo because > /dev/termination-log; exit 7')
      const status = await statusOf('ends')
      expect(status).toMatchObject({ phase: 'Failed' })
      expect(status.containerStatuses?.[0]?.state['terminated']).toMatchObject({ exitCode: 7, message: 'because\n' })
    })

    test('is asked to stop before it is made to', async () => {
      await create('stops', { args: ['trap "echo bye; exit 0" TERM; echo ready; while :; do :; done'] })
      const log = async (): Promise<string> => (await ask('GET', `${pods}/stops/log`)).text
      for (let tries = 0; tries < 100 && !(await log()).includes('ready'); tries += 1) {
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      const following = ask('GET', `${pods}/stops/log?follow=true`)
      await ask('DELETE', `${pods}/stops`)
      expect((await following).text).toBe('ready\nbye\n')
    })

    test('that does not stop is killed after its grace', async () => {
      await create(
        'stubborn',
        { args: ['trap "" TERM; echo ready; while :; do :; done'] },
        { terminationGracePeriodSeconds: 1 },
      )
      await waitFor('stubborn', ({ phase }) => phase === 'Running')
      await ask('DELETE', `${pods}/stubborn`)
      await waitFor('stubborn', ({ phase }) => phase === undefined)
      expect((await ask('GET', `${pods}/stubborn`)).status).toBe(404)
    })

    test('shares its network with the other containers of its pod, and with no other pod', async () => {
      const interfaces = 'while read -r name rest; do echo "$name"; done < /proc/net/dev'
      expect(await say('net', interfaces)).toMatch(/^Inter-\|\nface\n(?!.*eth)(?:.*\n)*lo:\n/)
    })
  })

  test.skipIf(!existsSync(server))('may listen where another pod listens', async () => {
    const image = {
      architecture: own,
      entrypoint: ['/server', '--servedir=/', '--watch=forever', '--serve=0.0.0.0:8080'],
    }
    await pushImages(`${sandbox.registry}/server:1`, [{ ...image, files: { server: readFileSync(server) } }])
    const container = {
      image: `${sandbox.registry}/server:1`,
      securityContext: { runAsUser: 65_532, runAsGroup: 65_532 },
    }
    const names = ['listens-1', 'listens-2']
    for (const name of names) await create(name, container)
    for (const name of names) {
      await waitFor(name, ({ phase }) => phase === 'Running')
      let log = ''
      for (let tries = 0; tries < 100 && !log.includes(':8080'); tries += 1) {
        await new Promise((resolve) => setTimeout(resolve, 50))
        log = (await ask('GET', `${pods}/${name}/log`)).text
      }
      expect(log).toMatch(/Local:\s+http:\/\/127\.0\.0\.1:8080/)
      expect((await statusOf(name)).containerStatuses?.[0]?.restartCount).toBe(0)
    }
  })
})

describe.skipIf(!sandboxRuns(own))('when the sandbox ends', () => {
  let bench: Workbench

  beforeAll(async () => {
    bench = await createWorkbench()
  })

  afterAll(async () => bench.close())

  test.each<[string, NodeJS.Signals]>([
    ['as asked', 'SIGINT'],
    ['killed', 'SIGKILL'],
  ])('%s, no program of its pods is left', async (_, signal) => {
    const sandbox = await bench.sandbox(`1xlinux/${own}`)
    const ask = clientOf(readFileSync(sandbox.kubeconfig, 'utf8'))
    await pushImages(`${sandbox.registry}/sleeper:1`, [
      { architecture: own, entrypoint: ['/app'], files: { app: tinyElf(sleeper(own)) } },
    ])
    const marker = randomUUID()
    const container = { name: 'c', image: `${sandbox.registry}/sleeper:1`, args: [marker] }
    for (const runAsUser of [0, 65_532]) {
      const spec = { containers: [{ ...container, securityContext: { runAsUser } }] }
      await ask('POST', pods, { metadata: { name: `p-${runAsUser}` }, spec })
    }
    expect(await becomes(() => programsWith(marker).filter((line) => line.startsWith('/app ')).length === 2)).toBe(true)
    process.kill(sandbox.cli.pid, signal)
    await sandbox.cli.ended.catch(() => undefined)
    expect(await becomes(() => programsWith(marker).length === 0)).toBe(true)
  })
})

async function becomes(check: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 100 && !check(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 50))
  return check()
}

/** Command lines of this machine's processes. */
function programsWith(text: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => readCommandLine(pid))
    .filter((line) => line.includes(text))
}

function readCommandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

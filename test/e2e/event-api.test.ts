import { readFileSync } from 'node:fs'
import { connect } from 'node:http2'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { RunningCli } from '../support/cli.ts'
import { sampleProject } from '../support/sample-project.ts'
import { createWorkbench, type SandboxProcess, type Workbench } from '../support/workbench.ts'

/** The API of events and control that development environments talk to, over both protocols. */

let bench: Workbench
let sandbox: SandboxProcess

beforeAll(async () => {
  bench = await createWorkbench()
  sandbox = await bench.sandbox('1xlinux/amd64')
})

afterAll(async () => {
  await bench.close()
})

beforeEach(async () => {
  await bench.write(sampleProject())
})

function startDev(...flags: readonly string[]): RunningCli {
  const args = ['dev', `--default-repo=${sandbox.registry}`, ...flags]
  return bench.start(args, { env: { KUBECONFIG: sandbox.kubeconfig } })
}

async function portOf(dev: RunningCli, name: string): Promise<number> {
  const line = await dev.waitFor(new RegExp(`starting ${name} server on port \\d+`))
  return Number(new RegExp(`starting ${name} server on port (\\d+)`).exec(line)?.[1])
}

async function send(port: number, verb: string, path: string, body?: unknown): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}${path}`, {
    method: verb,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

/** The events so far, one more than once when the session goes on. */
async function eventsUntil(port: number, path: string, isLast: (event: unknown) => boolean): Promise<unknown[]> {
  const answer = await send(port, 'GET', path)
  const events: unknown[] = []
  let text = ''
  for await (const chunk of answer.body ?? []) {
    text += Buffer.from(chunk).toString('utf8')
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) {
      const { result } = JSON.parse(line) as { readonly result: { readonly event?: unknown } }
      events.push(result.event ?? result)
      if (isLast(result.event ?? result)) return events
    }
  }
  return events
}

/** One call of gRPC without arguments: the messages' bytes and the status. */
async function grpc(port: number, path: string): Promise<{ readonly body: Buffer; readonly status: string }> {
  const session = connect(`http://127.0.0.1:${port}`)
  const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' }
  try {
    const stream = session.request(headers)
    let status = ''
    stream.on('response', (got) => (status = String(got['grpc-status'] ?? status)))
    stream.on('trailers', (got) => (status = String(got['grpc-status'] ?? status)))
    stream.end(Buffer.alloc(5))
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk as Buffer)
    return { body: Buffer.concat(chunks), status }
  } finally {
    session.destroy()
  }
}

describe('a session that is watched', () => {
  test('tells its state and its events over HTTP and gRPC, and writes them to a file', async () => {
    const file = join(bench.folder, 'events.log')
    const dev = startDev('--rpc-http-port=0', '--rpc-port=0', `--event-log-file=${file}`)
    const [http, rpc] = [await portOf(dev, 'gRPC HTTP'), await portOf(dev, 'gRPC')]
    await dev.waitFor('Watching for changes...')
    const done = { devLoopEvent: { status: 'Succeeded' } }
    const events = await eventsUntil(http, '/v1/events', (event) => JSON.stringify(event).includes('"Succeeded"'))
    const text = JSON.stringify(events)
    expect(text).toContain('"metaEvent"')
    expect(text).toContain('"buildEvent":{"artifact":"skaffold-example","status":"Complete"')
    expect(await (await send(http, 'GET', '/v1/state')).json()).toMatchObject({
      buildState: { artifacts: { 'skaffold-example': 'Complete' } },
      deployState: { status: 'Complete' },
    })
    expect(await (await send(http, 'GET', '/v2/state')).json()).toMatchObject({
      buildState: { artifacts: { 'skaffold-example': 'Succeeded' } },
    })
    for (const service of ['proto.SkaffoldService', 'proto.v2.SkaffoldV2Service']) {
      const { body, status } = await grpc(rpc, `/${service}/GetState`)
      expect(status).toBe('0')
      expect(body.readUInt32BE(1)).toBe(body.length - 5)
      expect(body.toString('latin1')).toContain('skaffold-example')
    }
    expect((await grpc(rpc, '/proto.SkaffoldService/None')).status).toBe('12')
    dev.signal('SIGINT')
    expect((await dev.ended).code).toBe(0)
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    const written = lines.map((line) => (JSON.parse(line) as { readonly event: unknown }).event)
    expect(written).toEqual(expect.arrayContaining([expect.objectContaining(done)]))
  })

  test('answers no web page, nor what it does not know', async () => {
    const dev = startDev('--rpc-http-port=0')
    const port = await portOf(dev, 'gRPC HTTP')
    const url = `http://127.0.0.1:${port}/v1/state`
    expect((await fetch(url, { headers: { origin: 'http://localhost' } })).status).toBe(403)
    expect((await send(port, 'GET', '/v1/none')).status).toBe(404)
    expect((await send(port, 'GET', '/v1/execute')).status).toBe(405)
    expect((await send(port, 'POST', '/v1/execute', 'text')).status).toBe(400)
    await dev.waitFor('Watching for changes...')
    dev.signal('SIGINT')
    await dev.ended
  })
})

describe('a session that is controlled', () => {
  test('does what is held only when it is asked for', async () => {
    const dev = startDev('--rpc-http-port=0', '--auto-build=false', '--auto-deploy=false')
    const port = await portOf(dev, 'gRPC HTTP')
    await dev.waitFor('Watching for changes...')
    expect((await send(port, 'PUT', '/v1/build/auto_execute', { enabled: false })).status).toBe(409)
    await bench.write({ 'greeting.txt': 'Changed\n' })
    // what is asked for before the change is noticed is asked for nothing
    const asking = setInterval(() => void send(port, 'POST', '/v1/execute', { build: true, deploy: true }), 300)
    try {
      const isAgain = (event: unknown): boolean => /"iteration":1,"status":"Succ/.test(JSON.stringify(event))
      await eventsUntil(port, '/v1/events', isAgain)
    } finally {
      clearInterval(asking)
    }
    expect(dev.output().split('Generating tags...')).toHaveLength(3)
    expect(dev.output()).toContain('Changed: greeting.txt')
    dev.signal('SIGINT')
    expect((await dev.ended).code).toBe(0)
  })

  test('waits for whoever wants to see all events', async () => {
    const dev = startDev('--rpc-http-port=0', '--wait-for-connection')
    const port = await portOf(dev, 'gRPC HTTP')
    expect((await send(port, 'GET', '/v1/state')).status).toBe(200)
    expect(dev.output()).not.toContain('Starting build...')
    await eventsUntil(port, '/v2/events', (event) => JSON.stringify(event).includes('Build'))
    await dev.waitFor('Watching for changes...')
    dev.signal('SIGINT')
    expect((await dev.ended).code).toBe(0)
  })
})

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openKube, type KubeClient } from '../../src/kube/index.ts'
import { runProcess } from '../../src/subprocess/index.ts'
import { startHttpProxy, startSocksProxy, type TestProxy } from '../support/proxies.ts'
import { startTestSandbox, type TestSandbox } from '../support/sandbox.ts'

let sandbox: TestSandbox

beforeAll(async () => {
  sandbox = await startTestSandbox('1xlinux/amd64', { host: { os: 'linux', architecture: 's390x' } })
})

afterAll(async () => sandbox.close())

/** A client of the sandbox whose kubeconfig names a proxy. */
async function clientThrough(proxy: string): Promise<KubeClient> {
  const text = await readFile(sandbox.kubeconfigPath, 'utf8')
  const kubeconfig = join(sandbox.folder, `proxied-${encodeURIComponent(proxy)}.yaml`)
  await writeFile(kubeconfig, text.replace(/^( *)(server: .*)$/m, `$1$2\n$1proxy-url: ${proxy}`))
  return openKube({ env: {}, runProcess, kubeconfig })
}

describe.each<[string, () => Promise<TestProxy>, (url: string) => string]>([
  ['an HTTP proxy', startHttpProxy, (url) => url],
  ['a SOCKS5 proxy', async () => startSocksProxy(), (url) => url],
  ['a SOCKS5 proxy with a password', async () => startSocksProxy('p@ss'), (url) => url.replace('//', '//user:p%40ss@')],
])('through %s', (_, start, urlOf) => {
  let proxy: TestProxy
  let client: KubeClient

  beforeAll(async () => {
    proxy = await start()
    client = await clientThrough(urlOf(proxy.url))
  })

  afterAll(async () => {
    await client.close()
    await proxy.close()
  })

  test('requests, watches and streams reach the server', async () => {
    const nodes = await client.list({ apiVersion: 'v1', kind: 'Node' })
    expect(nodes).toHaveLength(1)
    for await (const event of client.watch({ apiVersion: 'v1', kind: 'Namespace' }, { namespace: '*' })) {
      if (event.type === 'SYNCED') break
    }
    const before = proxy.targets.length
    const pod = { namespace: 'default', name: 'nobody' }
    await expect(client.exec(pod, { command: ['true'] })).rejects.toMatchObject({ code: 'KUBE_NOT_FOUND' })
    await expect(client.connectPort(pod, { port: 80 })).rejects.toMatchObject({ code: 'KUBE_NOT_FOUND' })
    expect(proxy.targets.length).toBeGreaterThanOrEqual(before + 2)
    expect(new Set(proxy.targets)).toEqual(new Set([new URL(client.server).host]))
  })
})

describe('a proxy that does not help', () => {
  test('a wrong password is said', async () => {
    const proxy = await startSocksProxy('right')
    const client = await clientThrough(proxy.url.replace('//', '//user:wrong@'))
    const answer = client.list({ apiVersion: 'v1', kind: 'Node' })
    await expect(answer).rejects.toMatchObject({
      code: 'KUBE_UNREACHABLE',
      message: expect.stringContaining('it does not accept the user name and password') as string,
    })
    await client.close()
    await proxy.close()
  })

  test('ALL_PROXY is used where nothing else is said', async () => {
    const proxy = await startSocksProxy()
    const text = await readFile(sandbox.kubeconfigPath, 'utf8')
    const kubeconfig = join(sandbox.folder, 'elsewhere.yaml')
    await writeFile(kubeconfig, text.replace('127.0.0.1', 'cluster.invalid'))
    const client = await openKube({ env: { ALL_PROXY: proxy.url }, runProcess, kubeconfig })
    await expect(client.list({ apiVersion: 'v1', kind: 'Node' })).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE' })
    expect(proxy.targets[0]).toMatch(/^cluster\.invalid:\d+$/)
    await client.close()
    await proxy.close()
  })
})

describe('tls-server-name', () => {
  async function clientFor(name: string): Promise<KubeClient> {
    const text = await readFile(sandbox.kubeconfigPath, 'utf8')
    const kubeconfig = join(sandbox.folder, `named-${name}.yaml`)
    await writeFile(kubeconfig, text.replace(/^( *)(server: .*)$/m, `$1$2\n$1tls-server-name: ${name}`))
    return openKube({ env: {}, runProcess, kubeconfig })
  }

  test.each([
    ['localhost', 'KUBE_NOT_FOUND'],
    ['elsewhere.test', 'KUBE_CERTIFICATE'],
  ])('%s is what the certificate has to be for: %s', async (name, code) => {
    const client = await clientFor(name)
    const [namespace, pod] = [
      { apiVersion: 'v1', kind: 'Namespace' },
      { namespace: 'default', name: 'nobody' },
    ]
    const list = client.list(namespace)
    if (code === 'KUBE_CERTIFICATE') await expect(list).rejects.toMatchObject({ code })
    else await list
    await expect(client.exec(pod, { command: ['true'] })).rejects.toMatchObject({ code })
    await client.close()
  })
})

import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inClusterTarget } from './in-cluster.ts'
import { loadKubeconfig } from './load-kubeconfig.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'))
})

afterAll(async () => rm(folder, { recursive: true }))

async function aFile(name: string, text: string): Promise<string> {
  const file = join(folder, name)
  await mkdir(join(file, '..'), { recursive: true })
  await writeFile(file, text)
  return file
}

/** One cluster, user and context, all named alike. */
function config(name: string, { cluster = '', user = '', context = '', current = name } = {}): string {
  return `apiVersion: v1
kind: Config
current-context: ${current}
clusters: [{name: ${name}, cluster: {server: 'https://${name}.test:6443/', ${cluster}}}]
users: [{name: ${name}, user: {${user}}}]
contexts: [{name: ${name}, context: {cluster: ${name}, user: ${name}, ${context}}}]
`
}

describe('which files are read', () => {
  test('KUBECONFIG lists several: the first that says something about a name wins', async () => {
    const one = await aFile('one', config('a', { user: 'token: first' }))
    const two = await aFile('two', config('a', { user: 'token: second' }))
    const three = await aFile('three', config('b', { user: 'token: third' }))
    const env = { KUBECONFIG: [one, join(folder, 'missing'), '', two, three].join(delimiter) }
    expect(await loadKubeconfig({ env })).toMatchObject({ context: 'a', user: { token: 'first' } })
    expect(await loadKubeconfig({ env, context: 'b' })).toMatchObject({
      context: 'b',
      namespace: 'default',
      server: 'https://b.test:6443',
      user: { token: 'third' },
    })
  })

  test('without KUBECONFIG it is ~/.kube/config', async () => {
    await aFile('home/.kube/config', config('home', { context: 'namespace: team' }))
    const env = { HOME: join(folder, 'home') }
    expect(await loadKubeconfig({ env })).toMatchObject({ context: 'home', namespace: 'team' })
    expect(await loadKubeconfig({ env, namespace: 'mine' })).toMatchObject({ namespace: 'mine' })
  })

  test('a file that was asked for is the only one', async () => {
    const kubeconfig = await aFile('asked', config('asked'))
    expect(await loadKubeconfig({ env: { KUBECONFIG: '/nowhere' }, kubeconfig })).toMatchObject({ context: 'asked' })
    await expect(loadKubeconfig({ env: {}, kubeconfig: join(folder, 'absent') })).rejects.toMatchObject({
      code: 'KUBE_CONFIG_MISSING',
      hint: 'correct --kubeconfig',
    })
  })

  test('in a pod it is the cluster of the pod', async () => {
    const mount = join(folder, 'mount')
    await aFile('mount/token', 'secret')
    await aFile('mount/namespace', 'jobs\n')
    await aFile('mount/ca.crt', 'PEM')
    const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' }
    expect(await inClusterTarget(env, mount)).toEqual({
      context: 'in-cluster',
      namespace: 'jobs',
      server: 'https://[fd00::1]:443',
      tls: { isUnverified: false, ca: 'PEM' },
      user: { tokenFile: join(mount, 'token') },
    })
    expect(await inClusterTarget({}, mount)).toBeUndefined()
  })
})

describe('what a context leads to', () => {
  test('paths are relative to their file, data wins over files', async () => {
    await aFile('certs/ca.pem', 'CA')
    await aFile('certs/key.pem', 'KEY')
    const data = Buffer.from('CERT').toString('base64')
    const kubeconfig = await aFile(
      'certs/config',
      config('c', {
        cluster: 'certificate-authority: ca.pem, tls-server-name: name.test, proxy-url: "http://proxy.test:3128"',
        user: `client-certificate: nowhere.pem, client-certificate-data: ${data}, client-key: key.pem`,
      }),
    )
    expect(await loadKubeconfig({ env: {}, kubeconfig })).toMatchObject({
      tls: { ca: 'CA', servername: 'name.test', isUnverified: false },
      proxy: 'http://proxy.test:3128',
      user: { certificate: { cert: 'CERT', key: 'KEY' } },
    })
  })

  test('a plugin knows its cluster when it wants to', async () => {
    const kubeconfig = await aFile(
      'exec/config',
      config('x', {
        cluster:
          'insecure-skip-tls-verify: true, extensions: [{name: client.authentication.k8s.io/exec, extension: {zone: z1}}]',
        user: 'exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, args: null, env: [{name: A, value: b}], provideClusterInfo: true, interactiveMode: IfAvailable}',
      }),
    )
    expect((await loadKubeconfig({ env: {}, kubeconfig })).user.exec).toEqual({
      command: join(folder, 'exec/plugin'),
      args: [],
      env: { A: 'b' },
      apiVersion: 'client.authentication.k8s.io/v1',
      needsTerminal: false,
      cluster: { server: 'https://x.test:6443', 'insecure-skip-tls-verify': true, config: { zone: 'z1' } },
    })
  })

  test('empty lists that kubectl writes as null are no error', async () => {
    const kubeconfig = await aFile(
      'nulls',
      'apiVersion: v1\nkind: Config\nclusters: null\nusers: null\ncontexts: null\n',
    )
    await expect(loadKubeconfig({ env: {}, kubeconfig })).rejects.toMatchObject({ code: 'KUBE_CONFIG_MISSING' })
  })
})

describe('what is wrong is said', () => {
  test.each<[string, string, { code: string; message?: unknown; hint?: unknown; where?: unknown }]>([
    ['no YAML', 'clusters: [', { code: 'KUBE_CONFIG_INVALID', message: expect.stringMatching(/:1:\d+: /) }],
    [
      'a wrong type',
      'clusters: [{name: a, cluster: {server: 5}}]',
      {
        code: 'KUBE_CONFIG_INVALID',
        message: expect.stringContaining('clusters.0.cluster.server'),
        where: expect.stringMatching(/:1:32$/),
      },
    ],
    [
      'a wrong type behind other entries',
      'kind: Config\nusers:\n  - {name: x, user: {as-groups: [a]}}\n  - name: u\n    user:\n      token: [1]\n',
      { code: 'KUBE_CONFIG_INVALID', where: expect.stringMatching(/:6:7$/) },
    ],
    [
      'no current context',
      config('a', { current: '""' }),
      { code: 'KUBE_CONTEXT_UNKNOWN', hint: 'pass --kube-context, one of a' },
    ],
    [
      'an unknown current context',
      config('a', { current: 'gone' }),
      { code: 'KUBE_CONTEXT_UNKNOWN', message: 'the kubeconfig has no context "gone"', hint: 'choose one: a' },
    ],
    [
      'a context of an undefined cluster',
      'current-context: a\ncontexts: [{name: a, context: {cluster: b}}]',
      { code: 'KUBE_CONFIG_INVALID', message: expect.stringContaining('cluster "b", which is not defined') },
    ],
    [
      'a context of an undefined user',
      'current-context: a\nclusters: [{name: b, cluster: {server: "https://b"}}]\ncontexts: [{name: a, context: {cluster: b, user: u}}]',
      { code: 'KUBE_CONFIG_INVALID', message: expect.stringContaining('user "u", which is not defined') },
    ],
    [
      'a server that is no URL',
      config('a').replace('https://a.test:6443/', 'ftp://a'),
      {
        code: 'KUBE_CONFIG_INVALID',
        message: expect.stringContaining('no usable server: "ftp://a"'),
        where: expect.stringMatching(/:4:12$/),
      },
    ],
    [
      'half a client certificate',
      config('a', { user: 'client-certificate-data: QQ==' }),
      { code: 'KUBE_CONFIG_INVALID', message: expect.stringContaining('client-key is missing') },
    ],
    [
      'a certificate file that is not there',
      config('a', { cluster: 'certificate-authority: nope.pem' }),
      { code: 'FILE_UNREADABLE', message: expect.stringContaining('nope.pem') },
    ],
    [
      'a removed auth-provider',
      config('a', { user: 'auth-provider: {name: gcp}' }),
      { code: 'KUBE_AUTH_UNSUPPORTED', hint: expect.stringContaining('gke-gcloud-auth-plugin') },
    ],
    [
      'a proxy of another kind',
      config('a', { cluster: 'proxy-url: "ftp://p"' }),
      { code: 'KUBE_CONFIG_INVALID', message: expect.stringContaining('proxy-url') },
    ],
  ])('%s', async (name, text, expected) => {
    const kubeconfig = await aFile(`wrong/${name}`, text)
    await expect(loadKubeconfig({ env: {}, kubeconfig })).rejects.toMatchObject(expected)
  })

  test('no cluster at all names the files looked for and a way out', async () => {
    await expect(loadKubeconfig({ env: { HOME: join(folder, 'empty') } })).rejects.toMatchObject({
      code: 'KUBE_CONFIG_MISSING',
      message: expect.stringContaining(join('empty', '.kube', 'config')),
      hint: expect.stringContaining('--sandbox'),
    })
  })
})

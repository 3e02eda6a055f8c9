import { execFileSync, spawn } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aGoogleBench, type GoogleBench } from '../support/google-bench.ts'
import { isGitMissing } from '../support/git.ts'

let bench: GoogleBench
beforeEach(async () => {
  bench = await aGoogleBench()
})
afterEach(() => bench.close())

const head = 'apiVersion: skaffold/v4beta13\nkind: Config\n'
const map = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`

function fill(bucket: string, objects: Readonly<Record<string, string>>): Map<string, Buffer> {
  const found = bench.google.storage.buckets.get(bucket) ?? { project: 'proj', objects: new Map<string, Buffer>() }
  bench.google.storage.buckets.set(bucket, found)
  for (const [name, text] of Object.entries(objects)) found.objects.set(name, Buffer.from(text))
  return found.objects
}

const render = async (...flags: readonly string[]): Promise<readonly string[]> => {
  const { status, stdout, stderr } = await bench.run(['render', '--offline', '--digest-source=none', ...flags])
  if (status !== 0) throw new Error(stderr)
  return [...stdout.matchAll(/name: ?(\S+)\}/g)].map(([, name = '']) => name)
}

describe('a dependency in a bucket', () => {
  beforeEach(async () => {
    fill('configs', {
      'team/app/skaffold.yaml': `${head}manifests: {rawYaml: ['k8s/*.yaml']}\n`,
      'team/app/k8s/a.yaml': map('a'),
      'team/app/k8s/b.yaml': map('b'),
      'team/other/skaffold.yaml': 'nonsense',
    })
    await bench.write({
      'skaffold.yaml': `${head}requires: [{googleCloudStorage: {source: 'gs://configs/team/app/*', path: skaffold.yaml}}]\n`,
    })
  })

  test('is copied, kept, and brought up to date', async () => {
    expect(await render()).toEqual(['a', 'b'])
    fill('configs', { 'team/app/k8s/c.yaml': map('c') }).delete('team/app/k8s/a.yaml')
    expect(await render('--sync-remote-cache=missing')).toEqual(['a', 'b'])
    expect(await render()).toEqual(['b', 'c'])
    expect(await readdir(join(bench.folder, 'cache/catamaran/repos'))).toHaveLength(1)
    bench.google.lines.length = 0
    expect(await render('--sync-remote-cache=never')).toEqual(['b', 'c'])
    expect(bench.google.lines).toEqual([])
  })

  test('that is a folder keeps its name', async () => {
    await bench.write({
      'skaffold.yaml': `${head}requires: [{googleCloudStorage: {source: 'gs://configs/team/app', path: app/skaffold.yaml, sync: false}}]\n`,
    })
    expect(await render()).toEqual(['a', 'b'])
    fill('configs', { 'team/app/k8s/c.yaml': map('c') })
    expect(await render()).toEqual(['a', 'b'])
  })

  test.each([
    ['gs://configs/none/*', /error GOOGLE_NOT_FOUND: there is nothing at gs:\/\/configs\/none\/\*/],
    ['gs://missing/x', /error GOOGLE_NOT_FOUND: listing gs:\/\/missing\/x failed: The specified bucket does not exist/],
    ['https://x', /error GOOGLE_NOT_FOUND: "https:\/\/x" is no place in Cloud Storage/],
  ])('%s fails', async (source, message) => {
    await bench.write({ 'skaffold.yaml': `${head}requires: [{googleCloudStorage: {source: '${source}'}}]\n` })
    await expect(render()).rejects.toThrow(message)
  })

  test('with a name that would leave the folder is refused', async () => {
    fill('configs', { 'evil/../../../x': 'x' })
    await bench.write({ 'skaffold.yaml': `${head}requires: [{googleCloudStorage: {source: 'gs://configs/evil'}}]\n` })
    await expect(render()).rejects.toThrow(/error FILE_UNWRITABLE: .*has a name that no file can have/)
  })

  test('that lacks a field says which', async () => {
    await bench.write({ 'skaffold.yaml': `${head}requires: [{googleCloudStorage: {path: a}}]\n` })
    await expect(render()).rejects.toThrow(/CONFIG_MISSING_FIELD: .*source.* is required/)
  })
})

test('manifests in a bucket are read without gsutil', async () => {
  fill('manifests', { 'prod/a.yaml': map('a'), 'prod/deep/b.yaml': map('b'), 'one.yaml': map('one') })
  await bench.write({
    'skaffold.yaml': `${head}manifests: {rawYaml: ['gs://manifests/prod', 'gs://manifests/one.yaml', local.yaml]}\n`,
    'local.yaml': map('local'),
  })
  expect(await render()).toEqual(['local', 'a', 'b', 'one'])
  fill('manifests', { 'prod/a.yaml': 'kind: [' })
  await expect(render()).rejects.toThrow(/error RESOURCE_INVALID: .*gs:\/\/manifests\/prod \(prod\/a\.yaml\)/)
})

describe.skipIf(isGitMissing)('a dependency in a repository that Cloud Build is connected to', () => {
  const token = 'read-token'
  let server: Server

  beforeEach(async () => {
    const root = join(bench.folder, 'git')
    const repository = join(root, 'repo.git')
    await mkdir(join(repository, 'k8s'), { recursive: true })
    await writeFile(join(repository, 'skaffold.yaml'), `${head}manifests: {rawYaml: ['k8s/*.yaml']}\n`)
    await writeFile(join(repository, 'k8s/a.yaml'), map('from-git'))
    const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'init.defaultBranch=trunk']
    const git = (...args: readonly string[]): Buffer => execFileSync('git', [...identity, ...args], { cwd: repository })
    git('init', '--quiet')
    git('add', '.')
    git('commit', '--quiet', '-m', 'first')
    server = serveGit(root, `Basic ${Buffer.from(`oauth2:${token}`).toString('base64')}`)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const remoteUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/repo.git`
    bench.google.builds.repositories.set('projects/proj/locations/us-central1/connections/hub/repositories/app', {
      remoteUri,
      token,
    })
    await bench.write({ 'skaffold.yaml': requires('app') })
  })
  afterEach(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  const requires = (repo: string): string =>
    `${head}requires: [{googleCloudBuildRepoV2: {projectID: proj, region: us-central1, connection: hub, repo: ${repo}, path: skaffold.yaml, ref: trunk}}]\n`

  test('is fetched with the token that Cloud Build gives, which is kept nowhere', async () => {
    expect(await render()).toEqual(['from-git'])
    expect(await render()).toEqual(['from-git'])
    const config = execFileSync('find', [join(bench.folder, 'cache'), '-name', 'config'], { encoding: 'utf8' }).trim()
    expect(await readFile(config, 'utf8')).not.toMatch(/read-token|Authorization/)
  })

  test('that is not connected is told by its name', async () => {
    await bench.write({ 'skaffold.yaml': requires('none') })
    await expect(render()).rejects.toThrow(
      /error GOOGLE_NOT_FOUND: (?:looking for the repository|asking for a token of the repository) projects\/proj\/locations\/us-central1\/connections\/hub\/repositories\/none failed: Resource not found/,
    )
  })
})

/** Serves repositories as hosts do, to who has the login. */
function serveGit(root: string, login: string): Server {
  const backend = join(execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim(), 'git-http-backend')
  return createServer((req, res) => {
    if (req.headers.authorization !== login) {
      res.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
      return
    }
    const url = new URL(req.url ?? '/', 'http://x')
    const child = spawn(backend, [], {
      env: {
        PATH: process.env['PATH'] ?? '',
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'safe.directory',
        GIT_CONFIG_VALUE_0: '*',
        REQUEST_METHOD: req.method ?? '',
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        CONTENT_TYPE: req.headers['content-type'] ?? '',
        ...(req.headers['content-encoding'] === undefined
          ? {}
          : { HTTP_CONTENT_ENCODING: req.headers['content-encoding'] }),
        ...(typeof req.headers['git-protocol'] === 'string' ? { GIT_PROTOCOL: req.headers['git-protocol'] } : {}),
      },
    })
    req.pipe(child.stdin)
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.on('close', () => {
      const all = Buffer.concat(chunks)
      const end = all.indexOf('\r\n\r\n')
      const lines = all
        .subarray(0, end)
        .toString()
        .split('\r\n')
        .map((line) => line.split(': '))
      const headers = Object.fromEntries(lines.map(([name = '', ...value]) => [name.toLowerCase(), value.join(': ')]))
      const { status, ...others } = headers
      res.writeHead(status === undefined ? 200 : Number.parseInt(status, 10), others).end(all.subarray(end + 4))
    })
  })
}

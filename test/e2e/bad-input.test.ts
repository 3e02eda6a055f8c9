import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CliResult } from '../support/cli.ts'
import { errorCodes } from '../../src/errors/index.ts'
import { registryReader } from '../support/registry-reader.ts'
import { sampleProject } from '../support/sample-project.ts'
import { createWorkbench, type Workbench } from '../support/workbench.ts'

/** Every mistake ends with the right code, says what and how to mend it, and leaves nothing half-written. */

let bench: Workbench

beforeEach(async () => {
  bench = await createWorkbench()
  await bench.write(sampleProject())
})

afterEach(async () => {
  await bench.close()
})

/** The four parts of an error, and nothing that only a bug prints. */
function expectFailure(result: CliResult, code: number, errorCode: string | RegExp): void {
  expect(result.code, result.output).toBe(code)
  const [, printed = ''] = /^error ([A-Z_]+): \S/m.exec(result.stderr) ?? []
  expect(printed, result.output).toMatch(typeof errorCode === 'string' ? new RegExp(`^${errorCode}$`) : errorCode)
  expect(Object.keys(errorCodes)).toContain(printed)
  expect(result.stderr).toMatch(/^fix: \S/m)
  expect(result.stderr).toMatch(new RegExp(`^docs: .*errors\\.md#${printed.toLowerCase()}$`, 'm'))
  expect(result.output).not.toMatch(/^ +at .*\.[jt]s:\d+/m)
}

/** Nothing of a run is left in the temporary folder. */
function expectNothingLeft(): void {
  expect(readdirSync(join(bench.folder, 'tmp'))).toEqual([])
}

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle))
  const { port } = server.address() as AddressInfo
  await new Promise((settle) => server.close(settle))
  return port
}

describe('skaffold.yaml', () => {
  test.each([
    [
      'is no YAML',
      'apiVersion: skaffold/v4beta13\nkind: Config\nbuild: {artifacts: [\n',
      'CONFIG_YAML_INVALID',
      /skaffold\.yaml:\d+:\d+/,
    ],
    [
      'has a field that nobody knows',
      'apiVersion: skaffold/v4beta13\nkind: Config\nbuild:\n  artifact:\n    - image: a\n',
      'CONFIG_UNKNOWN_FIELD',
      /skaffold\.yaml:4:3/,
    ],
    [
      'requires an image that nothing builds',
      'apiVersion: skaffold/v4beta13\nkind: Config\nbuild:\n  artifacts:\n    - image: a\n      requires: [{image: b}]\n',
      'CONFIG_VALUE_INVALID',
      /unknown build dependency "b" for artifact "a"/,
    ],
    [
      'has a wrong platform',
      'apiVersion: skaffold/v4beta13\nkind: Config\nbuild:\n  platforms: ["linux/"]\n',
      /PLATFORM_INVALID|CONFIG_VALUE_INVALID/,
      /linux\//,
    ],
    ['is of another kind', 'apiVersion: v1\nkind: Pod\n', 'CONFIG_NOT_SKAFFOLD', /skaffold\.yaml/],
  ])('%s', async (_, text, code, message) => {
    await bench.write({ 'skaffold.yaml': text })
    const result = await bench.run(['build', '--default-repo=127.0.0.1:1'])
    expectFailure(result, 1, code)
    expect(result.stderr).toMatch(message)
    expectNothingLeft()
  })

  test('is not there', async () => {
    const result = await bench.run(['build', '-f', 'nope.yaml'])
    expectFailure(result, 1, /FILE_UNREADABLE|CONFIG_/)
    expect(result.stderr).toContain('nope.yaml')
  })
})

test('a Dockerfile that is not there', async () => {
  await bench.write({ 'skaffold.yaml': sampleSkaffold('docker: {dockerfile: Nope.dockerfile}') })
  const result = await bench.run(['run', '--sandbox'])
  expectFailure(result, 1, /^(?!INTERNAL)/)
  expect(result.stderr).toContain('Nope.dockerfile')
  expect(result.output).not.toContain('Starting deploy')
  expectNothingLeft()
})

test('a Dockerfile with a RUN, where no other builder is, says which line and what can do it', async () => {
  await bench.write({ Dockerfile: 'FROM scratch\nCOPY greeting.txt /\nRUN true\n' })
  const args = ['build', '--default-repo=127.0.0.1:1', '--platform=linux/amd64']
  const result = await bench.run(args, { env: { PATH: bench.path('no-programs-here') } })
  expectFailure(result, 1, /^DOCKERFILE_NEEDS_RUN$/)
  expect(result.stderr).toMatch(/Dockerfile:3: .*docker is not installed; buildah is not installed/)
  expect(result.stderr).toMatch(/^fix: install Docker/im)
})

test('a file that COPY names and that is not there', async () => {
  await bench.write({ Dockerfile: 'FROM scratch\nCOPY nope.txt /\n' })
  const result = await bench.run(['build', '--default-repo=127.0.0.1:1', '--platform=linux/amd64'])
  expectFailure(result, 1, /^(?!INTERNAL)/)
  expect(result.stderr).toContain('nope.txt')
})

test('a registry that cannot be reached', async () => {
  const host = `127.0.0.1:${await closedPort()}`
  const args = ['build', `--default-repo=${host}`, '--platform=linux/amd64,linux/arm64', '--file-output=build.json']
  const result = await bench.run(args)
  expectFailure(result, 1, /^(?:REGISTRY|HTTP)_UNREACHABLE$/)
  expect(result.stderr).toContain(host)
  expect(readdirSync(bench.path('.'))).not.toContain('build.json')
  expectNothingLeft()
})

test('a cluster that cannot be reached', async () => {
  const server = `https://127.0.0.1:${await closedPort()}`
  await bench.write({ 'kubeconfig.yaml': kubeconfigFor(server) })
  const result = await bench.run([
    'deploy',
    '-i',
    'skaffold-example=127.0.0.1:1/app:v1',
    '--kubeconfig=kubeconfig.yaml',
  ])
  expectFailure(result, 1, /UNREACHABLE/)
  expect(result.stderr).toContain(server.replace('https://', ''))
})

test('no cluster at all', async () => {
  const result = await bench.run(['deploy', '-i', 'skaffold-example=127.0.0.1:1/app:v1'])
  expectFailure(result, 1, /^KUBE_/)
})

describe('usage', () => {
  test.each([
    ['an unknown command', ['rum'], /unknown command "rum"/, /did you mean "catamaran run"/],
    ['an unknown flag', ['run', '--defaultrepo=x'], /unknown flag: --defaultrepo/, /--default-repo/],
    ['a flag of Skaffold that is not done yet', ['dev', '--minikube-profile=x'], /--minikube-profile/, /docker-env/],
    ['an argument too many', ['run', 'now'], /unexpected argument "now"/, /--help/],
    ['a flag without its value', ['build', '-t'], /needs an argument/, /./],
    ['a wrong choice', ['build', '--progress=fancy'], /fancy/, /plain/],
    ['a wrong shell', ['completion', 'tcsh'], /tcsh/, /bash/],
  ])('%s', async (_, args, message, fix) => {
    const result = await bench.run(args)
    expectFailure(result, 127, 'USAGE')
    expect(result.stderr).toMatch(message)
    expect(/^fix: (.*)$/m.exec(result.stderr)?.[1]).toMatch(fix)
    expect(result.stdout).toBe('')
  })
})

test.each(['linux/', 'amd64/linux', 'linux/amd64/v8/x', 'lin ux/amd64'])('the platform "%s"', async (platform) => {
  const result = await bench.run(['build', `--platform=${platform}`, '--default-repo=127.0.0.1:1'])
  expectFailure(result, 1, /^PLATFORM_/)
  expect(result.stderr).toContain(platform)
})

test('nodes that the sandbox cannot make', async () => {
  expectFailure(await bench.run(['run', '--sandbox=3xarm64']), 1, 'SANDBOX_NODES_INVALID')
  expectFailure(await bench.run(['sandbox', '0xlinux/amd64']), 1, 'SANDBOX_NODES_INVALID')
  expectNothingLeft()
})

test('a failed build of one platform writes no tag', async () => {
  const sandbox = await bench.sandbox('1xlinux/amd64,1xlinux/arm64')
  await bench.write({
    Dockerfile: 'FROM scratch\nARG TARGETARCH\nCOPY bin/hello-${TARGETARCH} /hello\nENTRYPOINT ["/hello"]\n',
  })
  const build = (platforms: string): Promise<CliResult> =>
    bench.run(['build', '-t', 'v1', `--default-repo=${sandbox.registry}`, `--platform=${platforms}`])
  expectFailure(await build('linux/amd64,linux/s390x'), 1, /^(?!INTERNAL)/)
  expect(await registryReader(sandbox.registry).tags('skaffold-example')).toEqual([])
})

test('an interrupted run cleans up and ends with 130', async () => {
  const run = bench.start(['run', '--sandbox', '--tail'])
  await run.waitFor('Deployments stabilized')
  run.signal('SIGINT')
  const { code, stderr } = await run.ended
  expect(code).toBe(130)
  expect(stderr).toContain('press Ctrl+C again')
  expectNothingLeft()
})

describe('a full disk', () => {
  const isPossible = process.platform === 'linux' && process.getuid?.() === 0 && canMount()

  test.skipIf(!isPossible)(
    'keeps the older result file and says what to do (mounts a tmpfs: Linux, root)',
    async () => {
      const sandbox = await bench.sandbox('1xlinux/amd64')
      const folder = bench.path('small')
      mkdirSync(folder)
      expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', folder]).status).toBe(0)
      try {
        await bench.write({ 'small/build.json': 'old\n' })
        spawnSync('dd', ['if=/dev/zero', `of=${folder}/filler`, 'bs=4096'])
        const args = ['build', `--default-repo=${sandbox.registry}`, '--platform=linux/amd64', '-t', 'v1']
        const result = await bench.run([...args, '--file-output=small/build.json'])
        expectFailure(result, 1, 'DISK_FULL')
        expect(readFileSync(bench.path('small/build.json'), 'utf8')).toBe('old\n')
        expect(readdirSync(folder).sort()).toEqual(['build.json', 'filler'])
      } finally {
        spawnSync('umount', [folder])
      }
    },
  )

  test.skipIf(!isPossible)(
    'a registry on it refuses the push and keeps no half blob (mounts a tmpfs: Linux, root)',
    async () => {
      const folder = bench.path('data')
      mkdirSync(folder)
      expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder]).status).toBe(0)
      try {
        const registry = bench.start(['registry', 'serve', '--data=data', '--format=json'])
        const [, host = ''] = /"registry": "([^"]+)"/.exec(await registry.waitFor(/"registry": "[^"]+"/)) ?? []
        await bench.write({ 'greeting.txt': incompressible(1_000_000) })
        const result = await bench.run(['build', `--default-repo=${host}`, '--platform=linux/amd64', '-t', 'v1'])
        expectFailure(result, 1, /^(?!INTERNAL)/)
        expect(await registryReader(host).tags('skaffold-example')).toEqual([])
        registry.signal('SIGINT')
        expect((await registry.ended).code).toBe(0)
        expect(bytesBelow(folder)).toBeLessThan(8192)
      } finally {
        spawnSync('umount', [folder])
      }
    },
  )
})

function canMount(): boolean {
  return spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0
}

function bytesBelow(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
}

/** The same bytes every time, that gzip makes no smaller. */
function incompressible(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  let state = 1
  for (let index = 0; index < length; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[index] = state >>> 24
  }
  return bytes
}

function sampleSkaffold(builder: string): string {
  return `apiVersion: skaffold/v4beta13
kind: Config
build:
  artifacts:
    - image: skaffold-example
      ${builder}
manifests:
  rawYaml: [k8s-pod.yaml]
`
}

function kubeconfigFor(server: string): string {
  return `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "${server}"}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
`
}

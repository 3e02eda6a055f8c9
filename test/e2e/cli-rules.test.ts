import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { clusterReader } from '../support/cluster.ts'
import { sampleProject } from '../support/sample-project.ts'
import { createWorkbench, type SandboxProcess, type Workbench } from '../support/workbench.ts'

/** What holds for every command: streams, exit codes, signals, the environment, and files that are written whole. */

let bench: Workbench
let sandbox: SandboxProcess

beforeAll(async () => {
  bench = await createWorkbench()
  sandbox = await bench.sandbox('1xlinux/amd64,1xlinux/arm64')
})

afterAll(async () => {
  await bench.close()
})

beforeEach(async () => {
  await bench.write({ ...sampleProject(), 'skaffold.env': '' })
})

const both = '--platform=linux/amd64,linux/arm64'

describe('streams', () => {
  test('--format=json answers on stdout, and all that is said stands on stderr', async () => {
    const args = ['build', '-t', 'v1', both, `--default-repo=${sandbox.registry}`, '--format=json']
    const { code, stdout, stderr } = await bench.run(args)
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ builds: [{ imageName: 'skaffold-example' }] })
    expect(stderr).toContain('Build [skaffold-example] succeeded')
  })

  test('--progress=json writes one event a line', async () => {
    const { code, stderr } = await bench.run(['run', '--sandbox', '--progress=json'])
    expect(code).toBe(0)
    const types = stderr
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { readonly type: string }).type)
    expect(types).toEqual(expect.arrayContaining(['tagGenerated', 'buildStarted', 'resourceApplied', 'stabilized']))
  })

  test('-q prints the result in the form that -o asks for, and nothing else', async () => {
    const template = '{{range .builds}}{{.imageName}} -> {{.tag}}{{end}}'
    const args = ['build', '--dry-run', '-q', '-t', 'v1', '--default-repo=reg.example.com/team', '-o', template]
    expect(await bench.run(args)).toMatchObject({
      code: 0,
      stdout: 'skaffold-example -> reg.example.com/team/skaffold-example:v1',
      stderr: '',
    })
  })

  test('-v info says what the platforms were chosen from', async () => {
    const call = { env: { KUBECONFIG: sandbox.kubeconfig } }
    const args = ['dev', '-v', 'info', '--disable-multi-platform-build=false', `--default-repo=${sandbox.registry}`]
    const dev = bench.start(args, call)
    await dev.waitFor('Watching for changes...')
    dev.signal('SIGINT')
    expect((await dev.ended).stdout).toContain(
      "INFO platforms of skaffold-example: asked for none; cluster has linux/amd64,linux/arm64; artifact allows any; chosen linux/amd64,linux/arm64 (the platforms of the cluster's nodes)",
    )
  })

  test('a platform that nobody asked for is said', async () => {
    const { stdout } = await bench.run(['build', '--dry-run', '--default-repo=reg.example.com/team'])
    expect(stdout).toMatch(/^skaffold-example is built for linux\/\w+: this machine's platform/m)
  })
})

describe('the environment', () => {
  const tagsOf = async (env: Readonly<Record<string, string>>, file = ''): Promise<string> => {
    await bench.write({ 'skaffold.env': file })
    return (await bench.run(['build', '--dry-run', '-q'], { env })).stdout
  }

  test.each([
    ['SKAFFOLD_<FLAG>', { SKAFFOLD_TAG: 'a' }, '', ':a"'],
    ['CATAMARAN_<FLAG>', { CATAMARAN_TAG: 'b' }, '', ':b"'],
    ["Skaffold's wins", { SKAFFOLD_TAG: 'a', CATAMARAN_TAG: 'b' }, '', ':a"'],
    ['skaffold.env', {}, 'SKAFFOLD_TAG=c\n', ':c"'],
    ['what is set already stays', { SKAFFOLD_TAG: 'a' }, 'SKAFFOLD_TAG=c\n', ':a"'],
  ])('%s', async (_, env, file, tag) => {
    expect(await tagsOf(env, file)).toContain(tag)
  })
})

describe('files', () => {
  test('a failed build leaves an older result as it was', async () => {
    await bench.write({ 'build.json': 'old', Dockerfile: 'FROM scratch\nCOPY nope /\n' })
    const args = ['build', both, `--default-repo=${sandbox.registry}`, '--file-output=build.json']
    expect(await bench.run(args)).toMatchObject({ code: 1 })
    expect(readFileSync(bench.path('build.json'), 'utf8')).toBe('old')
  })

  test('a result that cannot be written is an error with its path', async () => {
    const args = ['build', both, `--default-repo=${sandbox.registry}`, '--file-output=nowhere/build.json']
    const { code, stderr } = await bench.run(args)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error FILE_UNWRITABLE: cannot write .*nowhere\/build\.json: its folder does not exist$/m)
  })

  test('what was built is deployed by its digest', async () => {
    const call = { env: { KUBECONFIG: sandbox.kubeconfig } }
    const build = ['build', '-t', 'v2', both, `--default-repo=${sandbox.registry}`, '--file-output=build.json']
    expect(await bench.run(build)).toMatchObject({ code: 0 })
    const { builds } = JSON.parse(readFileSync(bench.path('build.json'), 'utf8')) as {
      readonly builds: readonly { readonly tag: string }[]
    }
    expect(await bench.run(['deploy', '-a', 'build.json'], call)).toMatchObject({ code: 0 })
    const [pod] = await clusterReader(sandbox.kubeconfig).pods()
    expect(pod?.spec.containers[0]?.image).toBe(builds[0]?.tag)
    expect(await bench.run(['delete', '--dry-run'], call)).toMatchObject({
      stdout: ' - pod "getting-started" would be deleted\n',
    })
    expect(await clusterReader(sandbox.kubeconfig).pods()).toHaveLength(1)
    expect(await bench.run(['delete'], call)).toMatchObject({ code: 0, stdout: ' - pod "getting-started" deleted\n' })
  })

  test('render -o writes the whole file and keeps stdout empty', async () => {
    const args = ['render', '-i', 'skaffold-example=reg.example.com/app:v1', '-o', 'out.yaml']
    expect(await bench.run(args)).toMatchObject({ code: 0, stdout: '' })
    expect(readFileSync(bench.path('out.yaml'), 'utf8')).toContain('image: reg.example.com/app:v1')
    expect(readdirSync(bench.path('.')).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })
})

describe.skipIf(process.platform === 'win32')('Ctrl+C (needs signals)', () => {
  const waiting = (command: string): Readonly<Record<string, string>> => ({
    'skaffold.yaml': `apiVersion: skaffold/v4beta13
kind: Config
build:
  artifacts:
    - image: skaffold-example
      custom: {buildCommand: "${command}", dependencies: {paths: [Dockerfile]}}
manifests:
  rawYaml: [k8s-pod.yaml]
`,
  })

  test.each([
    ['build', 130],
    ['dev', 0],
  ])('during a build, %s ends with %i, and so does what it started', async (command, code) => {
    await bench.write(
      waiting('trap \\"echo ended > ended.txt; exit 1\\" TERM; echo started; while :; do sleep 0.1; done'),
    )
    const call = { env: { KUBECONFIG: sandbox.kubeconfig } }
    const cli = bench.start([command, `--default-repo=${sandbox.registry}`, '--platform=linux/amd64'], call)
    await cli.waitFor('started')
    cli.signal('SIGINT')
    const ended = await cli.ended
    expect(ended.code, ended.output).toBe(code)
    expect(ended.stderr).toContain('press Ctrl+C again to quit at once')
    expect(ended.stdout).toContain('Build [skaffold-example] was canceled')
    expect(ended.stdout).not.toContain('Cleaning up')
    expect(existsSync(bench.path('ended.txt'))).toBe(true)
  })

  test('a closed terminal ends dev like Ctrl+C: what was deployed is deleted', async () => {
    const call = { env: { KUBECONFIG: sandbox.kubeconfig } }
    const dev = bench.start(['dev', `--default-repo=${sandbox.registry}`], call)
    await dev.waitFor('Watching for changes...')
    dev.signal('SIGHUP')
    // by the signal, as a shell expects
    expect(await dev.ended).toMatchObject({ code: null, stdout: expect.stringContaining('Cleaning up...') })
    expect(await clusterReader(sandbox.kubeconfig).pods()).toEqual([])
  })

  test('the second one quits at once', async () => {
    await bench.write(waiting('trap \\"\\" TERM; echo started; for i in 1 2 3 4 5 6 7 8 9; do sleep 0.5; done'))
    const cli = bench.start(['build', `--default-repo=${sandbox.registry}`, '--platform=linux/amd64'])
    await cli.waitFor('started')
    cli.signal('SIGINT')
    await cli.waitFor('press Ctrl+C again')
    cli.signal('SIGINT')
    const { code, stdout } = await cli.ended
    expect(code).toBe(130)
    expect(stdout).not.toContain('canceled')
  })

  test('a reader that goes away ends a run quietly, and nothing is left', () => {
    const cli = new URL('../../dist/cli/main.js', import.meta.url).pathname
    const temporary = join(bench.folder, 'reader-tmp')
    mkdirSync(temporary)
    const line = `{ "${process.execPath}" "${cli}" run --sandbox 2>errors.txt; echo $? >code.txt; } | head -n 1`
    const env = { PATH: process.env['PATH'], HOME: join(bench.folder, 'home'), TMPDIR: temporary }
    const { stdout } = spawnSync('sh', ['-c', line], { cwd: bench.path('.'), env, encoding: 'utf8' })
    expect(stdout).toMatch(/^Using the sandbox: .*\n$/)
    expect(readFileSync(bench.path('code.txt'), 'utf8')).toBe('0\n')
    expect(readFileSync(bench.path('errors.txt'), 'utf8')).not.toContain('error')
    expect(readdirSync(temporary)).toEqual([])
  })

  test('dev reports a broken change, goes on, and is cured by the next one', async () => {
    const call = { env: { KUBECONFIG: sandbox.kubeconfig } }
    const dev = bench.start(['dev', `--default-repo=${sandbox.registry}`], call)
    await dev.waitFor('Watching for changes...')
    await bench.write({ Dockerfile: 'FROM scratch\nCOPY nope /\n' })
    await dev.waitFor(/^failed .*nope/m)
    await bench.write({ Dockerfile: String(sampleProject()['Dockerfile']).replace('/greeting.txt\n', '/hi.txt\n') })
    await dev.waitFor(/pod\/getting-started configured[\s\S]*Watching for changes/)
    dev.signal('SIGINT')
    expect((await dev.ended).code).toBe(0)
  })

  test('dev ends with the failure of its first build', async () => {
    await bench.write({ Dockerfile: 'FROM scratch\nCOPY nope /\n' })
    const call = { env: { KUBECONFIG: sandbox.kubeconfig } }
    const { code, stderr } = await bench.run(['dev', `--default-repo=${sandbox.registry}`], call)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error [A-Z_]+: exiting dev mode because first build failed: .*nope/m)
  })
})

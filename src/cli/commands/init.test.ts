import { PassThrough } from 'node:stream'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { runMain, type MainOutcome } from '../../../test/support/run-main.ts'
import { startTestSandbox } from '../../../test/support/sandbox.ts'
import { askOn } from '../questions.ts'

// everything that a command loads is compiled at its first call
vi.setConfig({ testTimeout: 30_000 })

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catamaran-init-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const run = (line: string, env: Record<string, string> = {}): Promise<MainOutcome> =>
  runMain(line.split(' '), { cwd: folder, env: { HOME: folder, KUBECONFIG: join(folder, 'none'), ...env } })
const written = (name = 'skaffold.yaml'): Promise<string> => readFile(join(folder, name), 'utf8')

describe('init', () => {
  beforeEach(() => writeFile(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY . .\n'))

  test('writes the configuration and the manifests, and says what to do next', async () => {
    const { stderr, status } = await run('init --generate-manifests')
    expect(status).toBe(0)
    expect(stderr).toContain(
      'Generated manifest deployment.yaml was written\nConfiguration skaffold.yaml was written\n',
    )
    expect(stderr).toContain('You can now run [catamaran build] to build the artifacts')
    expect(await written()).toContain('image: dockerfile-image')
    expect(await written('deployment.yaml')).toContain('image: dockerfile-image')
    expect((await run('diagnose')).status).toBe(0)
  })

  test('does not write over a file unless it is forced to', async () => {
    await writeFile(join(folder, 'skaffold.yaml'), 'mine')
    const { stderr, status } = await run('init --generate-manifests')
    expect(status).toBe(1)
    expect(stderr).toContain('error INIT_CONFIG_EXISTS: pre-existing skaffold.yaml found')
    expect(await written()).toBe('mine')
    expect((await run('init --generate-manifests --force')).status).toBe(0)
    expect(await written()).toContain('apiVersion: skaffold/')
  })

  test('prints to standard output, into another file, and an analysis', async () => {
    const printed = await run('init --generate-manifests -f -')
    expect(printed.stdout).toContain('image: dockerfile-image')
    await run('init --generate-manifests -f other.yaml')
    expect(await written('other.yaml')).toBe(printed.stdout)
    expect(JSON.parse((await run('init --analyze')).stdout)).toEqual({
      builders: [{ name: 'Docker', payload: { path: 'Dockerfile' } }],
      images: [{ name: 'dockerfile-image', foundMatch: false }],
    })
  })

  test("adds the platforms of the cluster's nodes", async () => {
    const sandbox = await startTestSandbox('1xlinux/arm64,2xlinux/s390x')
    const { stdout } = await run('init --generate-manifests -f -', { KUBECONFIG: sandbox.kubeconfigPath })
    expect(stdout).toContain('platforms:\n    - linux/arm64\n    - linux/s390x\n')
    await sandbox.close()
  })

  test('a cluster that does not answer is no obstacle', async () => {
    await writeFile(
      join(folder, 'kubeconfig'),
      JSON.stringify({
        'current-context': 'c',
        contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
        clusters: [{ name: 'c', cluster: { server: 'http://127.0.0.1:1' } }],
        users: [{ name: 'u', user: {} }],
      }),
    )
    const { stdout, stderr } = await run('init --generate-manifests -f - --kubeconfig kubeconfig')
    expect(stdout).toContain('image: dockerfile-image')
    expect(stdout).not.toContain('platforms')
    expect(stderr).toBe('')
  })
})

describe('a command without skaffold.yaml', () => {
  test('makes one with --assume-yes and goes on', async () => {
    await writeFile(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY . .\n')
    const { stdout, status } = await run('build --dry-run --quiet --assume-yes -t v1')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toEqual({ builds: [{ imageName: 'dockerfile-image', tag: 'dockerfile-image:v1' }] })
    expect(await written()).toContain('dockerfile-image')
  })

  test.each(['build --dry-run', 'build --dry-run --assume-yes', 'diagnose'])('%s names init', async (line) => {
    const { stderr, status } = await run(line)
    expect(status).toBe(1)
    expect(stderr).toContain('cannot read the configuration skaffold.yaml')
    expect(stderr).toContain('make one with "catamaran init"')
  })
})

describe('questions', () => {
  const ask = (answers: string): { readonly questions: ReturnType<typeof askOn>; readonly said: () => string } => {
    const [input, output] = [new PassThrough(), new PassThrough()]
    input.write(answers)
    return {
      questions: askOn({ input, output, signal: new AbortController().signal }),
      said: () => (output.read() as Buffer | null)?.toString() ?? '',
    }
  }
  const choices = [
    { text: 'Docker (a)', value: 'a' },
    { text: 'None', value: undefined },
  ]

  test.each([
    ['\n', 'a'],
    ['2\n', undefined],
    ['9\nx\n1\n', 'a'],
  ])('%j chooses', async (answers, value) => {
    const { questions, said } = ask(answers)
    expect(await questions.choose('Which?', choices)).toBe(value)
    expect(said()).toContain('Which?\n  1) Docker (a)\n  2) None\n')
  })

  test.each([
    ['\n', true],
    ['yes\n', true],
    ['perhaps\nn\n', false],
  ])('%j confirms', async (answers, value) => {
    expect(await ask(answers).questions.confirm('Go on?')).toBe(value)
  })
})

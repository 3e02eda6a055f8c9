import { cpSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { startCli, type CliOptions, type CliResult, type RunningCli } from './cli.ts'

/** What {@link Workbench.start} takes beside the arguments. */
export interface CliCall {
  /** Relative to the work bench; absent: its `project` folder. */
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly node?: string
  readonly cli?: string
  readonly input?: string
}

/** A sandbox that a CLI process keeps up. */
export interface SandboxProcess {
  readonly kubeconfig: string
  readonly server: string
  /** `127.0.0.1:PORT` */
  readonly registry: string
  readonly cli: RunningCli
}

/** Folders and processes of one test, apart from this machine's settings. */
export interface Workbench {
  readonly folder: string
  /** Absolute path of something in the project folder. */
  path(name: string): string
  /** Writes files into the project folder. */
  write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void>
  /** Copies a folder into the project folder. */
  copy(source: string): void
  start(args: readonly string[], call?: CliCall): RunningCli
  run(args: readonly string[], call?: CliCall): Promise<CliResult>
  /** `catamaran sandbox NODES`, ready to be used. */
  sandbox(nodes: string): Promise<SandboxProcess>
  /** Ends every process that still runs and removes the folders. */
  close(): Promise<void>
}

/** A work bench with its own home, configuration and temporary folders. */
export async function createWorkbench(): Promise<Workbench> {
  const folder = await mkdtemp(join(tmpdir(), 'catamaran-e2e-'))
  const project = join(folder, 'project')
  const base = await prepareEnvironment(folder)
  await mkdir(project)
  const running = new Set<RunningCli>()
  const start: Workbench['start'] = (args, call = {}) => {
    const options: CliOptions = {
      cwd: join(folder, call.cwd ?? 'project'),
      env: { ...base, ...call.env },
      ...(call.node === undefined ? {} : { node: call.node }),
      ...(call.cli === undefined ? {} : { cli: call.cli }),
      ...(call.input === undefined ? {} : { input: call.input }),
    }
    const cli = startCli(args, options)
    running.add(cli)
    void cli.ended.finally(() => running.delete(cli)).catch(() => {})
    return cli
  }
  return {
    folder,
    path: (name) => join(project, name),
    write: (files) => writeFiles(project, files),
    copy: (source) => cpSync(source, project, { recursive: true }),
    start,
    run: async (args, call) => start(args, call).ended,
    sandbox: (nodes) => startSandboxProcess(start, nodes, join(folder, `kubeconfig-${running.size}.yaml`)),
    async close() {
      await Promise.all([...running].map(endCli))
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Home, configuration and temporary folders of its own; of this machine only PATH. */
async function prepareEnvironment(folder: string): Promise<Readonly<Record<string, string>>> {
  const [home, temporary] = [join(folder, 'home'), join(folder, 'tmp')]
  await mkdir(home)
  await mkdir(temporary)
  return {
    PATH: process.env['PATH'] ?? ['/usr/bin', '/bin'].join(delimiter),
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_CACHE_HOME: join(home, '.cache'),
    XDG_DATA_HOME: join(home, '.local/share'),
    TMPDIR: temporary,
    LANG: 'C.UTF-8',
  }
}

async function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
}

async function startSandboxProcess(
  start: Workbench['start'],
  nodes: string,
  kubeconfig: string,
): Promise<SandboxProcess> {
  const cli = start(['sandbox', nodes, '--format=json', `--kubeconfig-output=${kubeconfig}`])
  await cli.waitFor(/"registry": *"[^"]+"[^]*\}/)
  const answer = JSON.parse(cli.stdout()) as { readonly server: string; readonly registry: string }
  return { kubeconfig, server: answer.server, registry: answer.registry, cli }
}

async function endCli(cli: RunningCli): Promise<void> {
  cli.signal('SIGINT')
  await cli.ended.catch(() => {})
}

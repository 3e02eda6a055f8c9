import { isUtf8, type Buffer } from 'node:buffer'
import { access, readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import {
  buildConfigs,
  isUrl,
  loadDocuments,
  resolveCommands,
  type ConfigSection,
  type LoadedDocuments,
} from '../config/index.ts'
import { ToolError } from '../errors/index.ts'
import type { Project } from '../pipeline/index.ts'
import { runForOutput, type RunProcess } from '../subprocess/index.ts'
import type { Invocation } from './command.ts'
import { gitFetcher } from './fetch-git.ts'
import { googleFetchers } from './google-fetchers.ts'
import { currentContext } from './open-cluster.ts'
import { readStdin } from './read-stdin.ts'

/**
 * Reads the configuration that `-f` names and those it requires, profiles applied.
 * @throws FILE_UNREADABLE, and what reading a configuration throws
 */
export async function loadProject(invocation: Invocation, runProcess: RunProcess): Promise<Project> {
  const { env, cwd, signal } = invocation
  const { documents, files } = await loadProjectDocuments(invocation)
  const configs = await resolveCommands(
    (cmd) => buildConfigs(documents, { env, cmd, now: () => new Date(), uses: usedSections(invocation) }),
    async ([program = '', ...args]) => runForOutput(runProcess, { command: program, args, cwd, env, signal }),
  )
  return {
    configs: withConcurrency(configs, invocation),
    files: files.filter((file) => file !== stdin && !isUrl(file)).map((file) => resolve(cwd, file)),
  }
}

/** `--build-concurrency`, in place of what the configurations say. */
function withConcurrency(configs: Project['configs'], { flags }: Invocation): Project['configs'] {
  const concurrency = flags.has('build-concurrency') ? (flags.int('build-concurrency') ?? -1) : -1
  if (concurrency < 0) return configs
  return configs.map((config) => ({
    ...config,
    build: { ...config.build, local: { ...config.build.local, concurrency } },
  }))
}

const deployed: readonly ConfigSection[] = ['deploy', 'manifests', 'resourceSelector']
const sections: Readonly<Record<string, readonly ConfigSection[]>> = {
  apply: ['deploy'],
  build: ['build'],
  delete: deployed,
  deploy: deployed,
  exec: ['customActions'],
  filter: ['resourceSelector'],
  lint: [],
  run: ['build', 'test', ...deployed],
  test: ['test'],
  verify: ['verify'],
}

/** What is not used may hold what is not supported. */
function usedSections({ command, flags }: Invocation): readonly ConfigSection[] {
  if (command === 'build' && flags.bool('dry-run')) return []
  if (command === 'render') {
    const rendered: readonly ConfigSection[] = ['manifests', 'resourceSelector']
    return buildsToRender(flags) ? ['build', ...rendered] : rendered
  }
  return sections[command] ?? ['build', 'test', 'portForward', ...deployed]
}

/** Images that are given or looked up may have been built by anything. */
function buildsToRender(flags: Invocation['flags']): boolean {
  if (flags.text('build-artifacts') !== undefined || flags.list('images').length > 0) return false
  const source = flags.text('digest-source')
  return source === 'local' || (source === undefined && flags.text('sandbox') !== undefined)
}

/** The documents of the project as they are after profiles, before they are judged. */
export async function loadProjectDocuments(invocation: Invocation): Promise<LoadedDocuments> {
  const { flags, env, cwd, command, emit } = invocation
  const main = await readMainConfig(invocation)
  const kubeContext = await contextForProfiles(invocation, main.text)
  return loadDocuments({
    file: main.file,
    env,
    profiles: flags.list('profile'),
    profileAutoActivation: flags.bool('profile-auto-activation'),
    propagateProfiles: flags.bool('propagate-profiles'),
    modules: flags.list('module'),
    command,
    ...(kubeContext === undefined ? {} : { kubeContext }),
    isContextGiven: flags.has('kube-context') && flags.text('kube-context') !== undefined,
    warn: (text) => emit({ type: 'warning', text }),
    read: async (path) => (path === main.file ? main : readRequired(path, cwd)),
    fetchGit: gitFetcher(invocation),
    ...googleFetchers(invocation),
  })
}

const stdin = '-'

interface ConfigText {
  /** As it appears in messages; relative paths of the configuration start from its folder. */
  readonly file: string
  readonly text: string
}

/** The text of the file that `-f` names. */
export async function readMainConfig(invocation: Invocation): Promise<ConfigText> {
  const { flags, cwd } = invocation
  const given = flags.text('filename') ?? 'skaffold.yaml'
  if (given === stdin) return { file: stdin, text: await readStdin() }
  if (isUrl(given)) {
    const { downloadText } = await import('./download-text.ts')
    return { file: given, text: await downloadText(given, invocation) }
  }
  const file = flags.isSet('filename') ? given : await defaultName(invocation)
  return { file, text: await readText(file, cwd) }
}

/** Skaffold also takes `skaffold.yml` when nothing was asked for. Where there is neither, one is offered. */
async function defaultName(invocation: Invocation): Promise<string> {
  const { cwd } = invocation
  for (const name of ['skaffold.yaml', 'skaffold.yml']) {
    const isThere = await access(resolve(cwd, name)).then(
      () => true,
      () => false,
    )
    if (isThere) return name
  }
  const { offerInit } = await import('./auto-init.ts')
  await offerInit(invocation, 'skaffold.yaml')
  return 'skaffold.yaml'
}

async function readRequired(path: string, cwd: string): Promise<ConfigText> {
  const isFolder = await stat(resolve(cwd, path)).then(
    (found) => found.isDirectory(),
    () => false,
  )
  const file = isFolder ? join(path, 'skaffold.yaml') : path
  return { file, text: await readText(file, cwd) }
}

async function readText(file: string, cwd: string): Promise<string> {
  const bytes = await readBytes(file, cwd)
  if (isUtf8(bytes)) return bytes.toString('utf8')
  throw new ToolError('FILE_UNREADABLE', `the configuration ${file} is not UTF-8 text`, { hint: 'save it as UTF-8' })
}

async function readBytes(file: string, cwd: string): Promise<Buffer> {
  try {
    return await readFile(resolve(cwd, file))
  } catch (error) {
    throw new ToolError('FILE_UNREADABLE', `cannot read the configuration ${file}`, {
      hint: 'go to the folder of skaffold.yaml, name the file with -f, or make one with "catamaran init"',
      cause: error,
    })
  }
}

/** The kubeconfig is only read for files in which a profile may ask for it. */
async function contextForProfiles({ flags, env, cwd }: Invocation, text: string): Promise<string | undefined> {
  const given = flags.has('kube-context') ? flags.text('kube-context') : undefined
  if (given !== undefined) return given
  if (!text.includes('kubeContext') && !text.includes('requires')) return undefined
  if (flags.has('sandbox') && flags.text('sandbox') !== undefined) return 'catamaran-sandbox'
  const kubeconfig = flags.has('kubeconfig') ? flags.text('kubeconfig') : undefined
  return currentContext(kubeconfig === undefined ? {} : { kubeconfig: resolve(cwd, kubeconfig) }, env)
}

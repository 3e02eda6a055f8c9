import { access, readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseConfig, resolveCommands } from '../config/index.ts'
import { ToolError } from '../errors/index.ts'
import type { Project } from '../pipeline/index.ts'
import { runForOutput, type RunProcess } from '../subprocess/index.ts'
import type { Invocation } from './command.ts'
import { readStdin } from './read-stdin.ts'
import { currentContext } from './open-cluster.ts'

/** A project as it was read. */
export type LoadedProject = Project

/**
 * Reads the configuration that `-f` names, profiles applied.
 * @throws FILE_UNREADABLE, and what parsing throws
 */
export async function loadProject(invocation: Invocation, runProcess: RunProcess): Promise<LoadedProject> {
  const { flags, env, cwd, command, signal } = invocation
  const { text, name, path } = await readConfig(invocation)
  const kubeContext = await contextForProfiles(invocation, text)
  const configs = await resolveCommands(
    (cmd) =>
      parseConfig(text, {
        file: name,
        env,
        profiles: flags.list('profile'),
        command,
        ...(kubeContext === undefined ? {} : { kubeContext }),
        cmd,
      }),
    async ([program = '', ...args]) => runForOutput(runProcess, { command: program, args, cwd, env, signal }),
  )
  return { configs, files: path === undefined ? [] : [path] }
}

interface ConfigText {
  readonly text: string
  /** For messages; relative paths of the configuration start from its folder. */
  readonly name: string
  /** Absent for standard input. */
  readonly path?: string
}

async function readConfig({ flags, cwd }: Invocation): Promise<ConfigText> {
  const given = flags.text('filename') ?? 'skaffold.yaml'
  if (given === '-') return { text: await readStdin(), name: '-' }
  if (/^https?:\/\//.test(given)) {
    throw new ToolError('USAGE', `--filename ${given}: URLs are not read by this version of catamaran`, {
      hint: `fetch it yourself: curl ${given} | catamaran … -f -`,
    })
  }
  const name = flags.isSet('filename') ? given : await defaultName(cwd)
  const path = resolve(cwd, name)
  try {
    return { text: await readFile(path, 'utf8'), name, path }
  } catch (error) {
    throw new ToolError('FILE_UNREADABLE', `cannot read the configuration ${name}`, {
      hint: 'go to the folder of skaffold.yaml, or name the file with -f',
      cause: error,
    })
  }
}

/** Skaffold also takes `skaffold.yml` when nothing was asked for. */
async function defaultName(cwd: string): Promise<string> {
  for (const name of ['skaffold.yaml', 'skaffold.yml']) {
    const isThere = await access(resolve(cwd, name)).then(
      () => true,
      () => false,
    )
    if (isThere) return name
  }
  return 'skaffold.yaml'
}

/** The kubeconfig is only read for files in which a profile may ask for it. */
async function contextForProfiles({ flags, env, cwd }: Invocation, text: string): Promise<string | undefined> {
  const given = flags.has('kube-context') ? flags.text('kube-context') : undefined
  if (given !== undefined || !text.includes('kubeContext')) return given
  if (flags.text('sandbox') !== undefined) return sandboxContext
  const kubeconfig = flags.has('kubeconfig') ? flags.text('kubeconfig') : undefined
  return currentContext(kubeconfig === undefined ? {} : { kubeconfig: resolve(cwd, kubeconfig) }, env)
}

const sandboxContext = 'catamaran-sandbox'

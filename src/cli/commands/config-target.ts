import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { changeSetting, parseGlobalConfig, printGlobalConfig, type GlobalConfig } from '../../config/index.ts'
import { ToolError } from '../../errors/index.ts'
import type { Invocation } from '../command.ts'
import type { Flag } from '../flags/index.ts'
import { globalConfigPath, readGlobalConfig } from '../global-settings.ts'
import { currentContext } from '../open-cluster.ts'
import { writeFileWhole } from '../write-file.ts'
import { answerJson } from './answer.ts'
import { globalConfigFlag } from './project-flags.ts'

/** Which file and which part of it `config` works on. */
export const configFlags: readonly Flag[] = [
  globalConfigFlag,
  {
    name: 'kube-context',
    shorthand: 'k',
    type: 'string',
    placeholder: 'context',
    description: 'Kubeconfig context that the settings are for, by default the current one',
  },
]

/** For the commands that write. */
export const globalFlag: Flag = {
  name: 'global',
  shorthand: 'g',
  type: 'bool',
  default: 'false',
  description: 'Set it for all contexts that have no value of their own',
}

/** The context that is meant: the flag's, else the current one. */
export async function configContext({ flags, env }: Invocation): Promise<string | undefined> {
  return flags.text('kube-context') ?? currentContext({}, env)
}

/** Path and content of the file; empty when it is not there. */
export async function openGlobalConfig(invocation: Invocation): Promise<GlobalConfig> {
  const path = globalConfigPath(invocation)
  if (path === undefined) {
    throw new ToolError('USAGE', 'there is no home folder to keep the global configuration in', {
      hint: 'name a file with --config',
    })
  }
  return (await readGlobalConfig(invocation)) ?? parseGlobalConfig('', path)
}

/** Sets one setting, or takes it away with the empty text, and says so in Skaffold's words. */
export async function writeSetting(invocation: Invocation, name: string, value: string): Promise<void> {
  const { flags, terminal } = invocation
  const isGlobal = flags.bool('global')
  const kubeContext = isGlobal ? undefined : await configContext(invocation)
  const config = await openGlobalConfig(invocation)
  const changed = changeSetting(config, { name, value, ...(kubeContext === undefined ? {} : { kubeContext }) })
  const { file } = config.source
  await mkdir(dirname(file), { recursive: true })
  await writeFileWhole(file, printGlobalConfig(changed))
  answerJson(invocation, { file, name, value: value === '' ? null : value, kubeContext: kubeContext ?? null })
  if (flags.text('format') === 'json') return
  const verb = value === '' ? 'unset' : 'set'
  const to = value === '' ? '' : ` to ${value}`
  const where = kubeContext === undefined ? '' : ` for context ${kubeContext}`
  terminal.stdout.write(`${verb} ${kubeContext === undefined ? 'global value' : 'value'} ${name}${to}${where}\n`)
}

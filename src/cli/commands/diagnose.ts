import { resolve } from 'node:path'
import { describeConfigs, resolveCommands, type ConfigDocument } from '../../config/index.ts'
import type { Command, Invocation } from '../command.ts'
import { loadProjectDocuments } from '../load-project.ts'
import { writeFileWhole } from '../write-file.ts'
import { clusterFlags, globalFlags, projectFlags } from './shared-flags.ts'

export const diagnoseCommand: Command = {
  name: 'diagnose',
  summary: 'Print the configuration that takes effect',
  description:
    'Prints skaffold.yaml and what it requires as it takes effect: upgraded to the newest version, profiles applied, defaults\nset and paths absolute.',
  examples: [
    { text: 'of this folder', command: 'catamaran diagnose --yaml-only' },
    { text: 'with a profile', command: 'catamaran diagnose --yaml-only -p staging' },
  ],
  flags: [
    ...projectFlags,
    ...clusterFlags.filter(({ name }) => name !== 'namespace'),
    { name: 'yaml-only', type: 'bool', default: 'false', description: 'Print the YAML and nothing else' },
    { name: 'enable-templating', type: 'bool', default: 'false', description: 'Expand templates as well' },
    { name: 'output', shorthand: 'o', type: 'string', placeholder: 'file', description: 'Write to a file' },
    ...globalFlags,
  ],
  maxArguments: 0,
  answersOnStdout: true,
  async run(invocation) {
    const { flags, terminal, cwd } = invocation
    const { documents } = await loadProjectDocuments(invocation)
    const text = flags.bool('enable-templating')
      ? await describeExpanded(documents, invocation)
      : describeConfigs(documents, { folder: cwd })
    const file = flags.text('output')
    if (file === undefined) terminal.stdout.write(text)
    else await writeFileWhole(resolve(cwd, file), text)
  },
}

async function describeExpanded(
  documents: readonly ConfigDocument[],
  { env, cwd, signal }: Invocation,
): Promise<string> {
  const { runForOutput, runProcess } = await import('../../subprocess/index.ts')
  return resolveCommands(
    (cmd) => describeConfigs(documents, { folder: cwd, templates: { env, cmd, now: () => new Date() } }),
    async ([command = '', ...args]) => runForOutput(runProcess, { command, args, cwd, env, signal }),
  )
}

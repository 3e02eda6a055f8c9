import { filterResources } from '../../pipeline/index.ts'
import { parseResources } from '../../resource/index.ts'
import type { Command, Invocation } from '../command.ts'
import { readStdin } from '../read-stdin.ts'
import { withSession } from '../session.ts'
import { givenImageFlags, readGivenImages } from './given-images.ts'
import { renderOptions } from './options.ts'
import { clusterFlags, globalFlags, imageFlags, projectFlags, renderFlags } from './shared-flags.ts'

export const filterCommand: Command = {
  name: 'filter',
  summary: 'Put images, labels and placement into manifests of standard input',
  description:
    'Reads Kubernetes manifests from standard input and prints them with the given images, labels and, when asked to, node affinity.\nIt builds nothing, and can be the post-renderer of other tools.',
  examples: [
    { text: 'behind helm', command: 'helm template chart | catamaran filter -a build.json' },
    {
      text: 'with node affinity for where the images run',
      command: 'catamaran filter --enable-platform-node-affinity < manifests.yaml',
    },
  ],
  flags: [
    ...projectFlags,
    ...imageFlags,
    ...clusterFlags,
    ...renderFlags(false),
    ...givenImageFlags,
    {
      name: 'post-renderer',
      type: 'string',
      placeholder: 'program',
      description: 'Program that manifests are passed through before',
    },
    {
      name: 'debugging',
      type: 'bool',
      default: 'false',
      description: 'Make containers of the given images ready for debuggers, as debug does',
    },
    {
      name: 'protocols',
      type: 'strings',
      placeholder: 'protocol,…',
      description: 'Debugger protocols in order of preference, with --debugging: dap, pydevd',
    },
    ...globalFlags,
  ],
  maxArguments: 0,
  answersOnStdout: true,
  async run(invocation) {
    const text = await readManifests(invocation)
    const { flags } = invocation
    await withSession(invocation, async ({ context, project }) => {
      const given = (await readGivenImages(invocation)) ?? []
      const filtered = await filterResources(context, {
        resources: parseResources(text, 'standard input'),
        given,
        configs: project.configs,
        render: {
          ...renderOptions(flags),
          ...(flags.bool('debugging') ? { debug: { protocols: flags.list('protocols') } } : {}),
        },
      })
      invocation.terminal.stdout.write(filtered)
    })
  },
}

async function readManifests({ flags, env, cwd, signal }: Invocation): Promise<string> {
  const input = await readStdin()
  const program = flags.text('post-renderer')
  if (program === undefined) return input
  const { runForOutput, runProcess } = await import('../../subprocess/index.ts')
  return runForOutput(runProcess, { command: program, args: [], env, cwd, signal, input })
}

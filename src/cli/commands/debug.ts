import { debugProject, type DevOptions } from '../../pipeline/index.ts'
import type { Command } from '../command.ts'
import type { Flag, ParsedFlags } from '../flags/index.ts'
import { withSession } from '../session.ts'
import { devCommand, devOptions } from './dev.ts'

/** Other defaults than those of `dev`: a debugger that is connected must not lose its program. */
const defaults: Readonly<Record<string, string>> = {
  'auto-build': 'false',
  'auto-sync': 'false',
  'auto-deploy': 'false',
  'port-forward': 'user,debug',
}

export const debugCommand: Command = {
  ...devCommand,
  name: 'debug',
  summary: 'Like dev, with containers that debuggers can be connected to',
  description:
    'Like dev, and rewrites the containers of the images that it builds for the debugger of their runtime: Go (Delve), Node.js,\nJava, Python and .NET. Changed files bring about nothing, so that debuggers stay connected; --auto-build and its like change that.',
  examples: [
    { text: 'on the current cluster', command: 'catamaran debug --default-repo=registry.example.com/team' },
    { text: 'for a debugger that speaks pydevd', command: 'catamaran debug --protocols=pydevd' },
  ],
  flags: debugFlags(),
  async run(invocation) {
    await withSession(invocation, async ({ context, loadProject, control }) =>
      debugProject(context, loadProject, {
        ...withDebugPorts(await devOptions(invocation), invocation.flags),
        protocols: invocation.flags.list('protocols'),
        ...(control === undefined ? {} : { control }),
      }),
    )
  },
}

/** `--port-forward` alone means the debuggers' ports too. */
function withDebugPorts(options: DevOptions, flags: ParsedFlags): DevOptions {
  const { portForward = [] } = options.deploy
  if (portForward.includes('debug') || !flags.list('port-forward').includes('true')) return options
  return { ...options, deploy: { ...options.deploy, portForward: [...portForward, 'debug'] } }
}

function debugFlags(): readonly Flag[] {
  const protocols: Flag = {
    name: 'protocols',
    type: 'strings',
    placeholder: 'protocol,…',
    description: 'Debugger protocols in order of preference, for runtimes that have several: dap, pydevd',
  }
  return [...devCommand.flags.map(withDefault), protocols]
}

function withDefault(flag: Flag): Flag {
  const value = defaults[flag.name]
  return value === undefined ? flag : { ...flag, default: value }
}

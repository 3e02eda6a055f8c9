import { devProject, type DevOptions } from '../../pipeline/index.ts'
import type { Command, Invocation } from '../command.ts'
import { withSession } from '../session.ts'
import { autoFlags } from './auto-flags.ts'
import { buildOptions, deployOptions } from './options.ts'
import { readRenderInputs } from './render-inputs.ts'
import {
  buildFlags,
  clusterFlags,
  deployFlags,
  globalFlags,
  imageFlags,
  platformChoiceFlags,
  portForwardFlag,
  projectFlags,
  renderFlags,
  skipTestsFlag,
  statusFlags,
  tailFlag,
} from './shared-flags.ts'

export const devCommand: Command = {
  name: 'dev',
  summary: 'Run, then rebuild and redeploy on every change',
  description:
    'Like run, for one platform, and again whenever a file of an artifact, a manifest or skaffold.yaml changes. Follows the\nlogs. Ctrl+C deletes what was deployed.',
  examples: [
    { text: 'on the current cluster', command: 'catamaran dev --default-repo=registry.example.com/team' },
    { text: 'in the sandbox', command: 'catamaran dev --sandbox' },
  ],
  flags: [
    ...projectFlags,
    ...imageFlags,
    ...buildFlags,
    ...platformChoiceFlags(true),
    ...clusterFlags,
    ...renderFlags(true),
    ...statusFlags,
    ...deployFlags,
    portForwardFlag('user'),
    tailFlag(true),
    skipTestsFlag,
    ...autoFlags,
    { name: 'cleanup', type: 'bool', default: 'true', description: 'Delete what was deployed at the end' },
    ...globalFlags,
  ],
  maxArguments: 0,
  answersOnStdout: false,
  runsUntilStopped: true,
  async run(invocation) {
    await withSession(invocation, async ({ context, loadProject, control }) =>
      devProject(context, loadProject, {
        ...(await devOptions(invocation)),
        ...(control === undefined ? {} : { control }),
      }),
    )
  },
}

/** What the flags of `dev` ask for. */
export async function devOptions(invocation: Invocation): Promise<DevOptions> {
  const { flags } = invocation
  return {
    build: buildOptions(flags),
    deploy: { ...deployOptions(flags), ...(await readRenderInputs(invocation)) },
    cleanup: flags.bool('cleanup'),
    skipTests: flags.bool('skip-tests'),
    auto: { build: flags.bool('auto-build'), sync: flags.bool('auto-sync'), deploy: flags.bool('auto-deploy') },
    watchImages: flags.list('watch-image'),
    keepRunningOnFailure: flags.bool('keep-running-on-failure'),
    watch: { poll: flags.text('trigger') === 'polling', pollMs: flags.int('watch-poll-interval') ?? 1000 },
  }
}

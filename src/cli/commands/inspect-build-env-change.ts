import { changeBuildEnvironment, type EnvironmentChange } from '../../config/index.ts'
import type { Command } from '../command.ts'
import type { Flag, ParsedFlags } from '../flags/index.ts'
import { answerInspect, editMainConfig, inspectFlags } from './inspect-session.ts'

/** A flag that writes the member of its name. */
interface Setting extends Pick<Flag, 'description' | 'name' | 'type'> {
  /** Where it is written, when that is not the member of its name. */
  readonly path?: string
}

const setting = (name: string, type: Flag['type'], description: string): Setting => ({ name, type, description })
const concurrency = setting('concurrency', 'int', 'How many artifacts are built at once; 0 is no limit')
const timeout = setting('timeout', 'string', 'How long a build may take')

const local: readonly Setting[] = [
  setting('push', 'bool', 'Push the images'),
  setting('tryImportMissing', 'bool', 'Import images from the registry that are not here'),
  setting('useDockerCLI', 'bool', 'Build with the docker command'),
  setting('useBuildkit', 'bool', 'Build with BuildKit'),
  concurrency,
]
const googleCloudBuild: readonly Setting[] = [
  concurrency,
  setting('diskSizeGb', 'int', 'Size of the disk'),
  setting('machineType', 'string', 'Type of the machine'),
  setting('projectId', 'string', 'Cloud project'),
  timeout,
  setting('logging', 'string', 'Where logs go'),
  setting('logStreamingOption', 'string', 'When logs are streamed'),
  setting('workerPool', 'string', 'Worker pool'),
]
const cluster: readonly Setting[] = [
  concurrency,
  setting('namespace', 'string', 'Namespace of the build pods'),
  setting('pullSecretName', 'string', 'Secret with the credentials'),
  setting('pullSecretPath', 'string', 'Path of the credentials'),
  setting('pullSecretMountPath', 'string', 'Where the secret is mounted'),
  { ...setting('dockerConfigPath', 'string', "Docker's config.json with logins"), path: 'dockerConfig.path' },
  {
    ...setting('dockerConfigSecretName', 'string', "Secret with Docker's config.json"),
    path: 'dockerConfig.secretName',
  },
  setting('randomPullSecret', 'bool', 'Give the secret with the credentials a name of its own for every build'),
  setting('randomDockerConfigSecret', 'bool', "Give the secret with Docker's config.json a name of its own"),
  setting('serviceAccount', 'string', 'Service account of the build pods'),
  setting('runAsUser', 'int', 'User that builds'),
  timeout,
]

type Place = Pick<EnvironmentChange, 'how' | 'kind'>

export const inspectBuildEnvAddLocalCommand: Command = changing({ how: 'add', kind: 'local' }, local)
export const inspectBuildEnvAddGcbCommand: Command = changing(
  { how: 'add', kind: 'googleCloudBuild' },
  googleCloudBuild,
)
export const inspectBuildEnvAddClusterCommand: Command = changing({ how: 'add', kind: 'cluster' }, cluster)
export const inspectBuildEnvModifyGcbCommand: Command = changing(
  { how: 'modify', kind: 'googleCloudBuild' },
  googleCloudBuild,
)

function changing({ how, kind }: Place, settings: readonly Setting[]): Command {
  const example = how === 'add' ? 'into a profile of its own' : 'of a profile'
  return {
    name: `inspect build-env ${how} ${kind}`,
    summary: how === 'add' ? `Add the build environment ${kind}` : `Change the build environment ${kind}`,
    description: `Writes \`build.${kind}\` into the configuration, or with --profile into a profile. The file is written in the newest version,\nwithout its comments.`,
    examples: [{ text: example, command: `catamaran inspect build-env ${how} ${kind} --profile other` }],
    flags: [
      ...inspectFlags.filter(({ name }) => name !== 'profile'),
      { name: 'profile', shorthand: 'p', type: 'string', description: 'Profile that is changed, or added' },
      ...settings.map(({ path: _path, ...flag }) => flag),
    ],
    maxArguments: 0,
    answersOnStdout: true,
    async run(invocation) {
      const { flags } = invocation
      const profile = flags.text('profile')
      await answerInspect(invocation, async () =>
        editMainConfig(invocation, (file) =>
          changeBuildEnvironment(file, {
            how,
            kind,
            settings: given(flags, settings),
            ...(profile === undefined ? {} : { profile }),
          }),
        ),
      )
    },
  }
}

function given(flags: ParsedFlags, settings: readonly Setting[]): EnvironmentChange['settings'] {
  const pairs = settings
    .filter(({ name }) => flags.isSet(name))
    .map(({ name, type, path = name }): readonly [string, boolean | number | string] => {
      if (type === 'bool') return [path, flags.bool(name)]
      return [path, type === 'int' ? (flags.int(name) ?? 0) : (flags.text(name) ?? '')]
    })
  return Object.fromEntries(pairs)
}

import type { CommandSummary } from '../help.ts'
import type { Entry } from './table-entry.ts'

/** Commands about configurations, Skaffold's and the user's own. */
export const configEntries: readonly Entry[] = [
  {
    name: 'config set',
    summary: 'Set a value in the global configuration',
    load: async () => (await import('./config-set.ts')).configSetCommand,
  },
  {
    name: 'config unset',
    summary: 'Unset a value in the global configuration',
    load: async () => (await import('./config-unset.ts')).configUnsetCommand,
  },
  {
    name: 'config list',
    summary: 'List the values of the global configuration',
    load: async () => (await import('./config-list.ts')).configListCommand,
  },
  {
    name: 'schema get',
    summary: 'Print the JSON Schema of skaffold.yaml',
    load: async () => (await import('./schema-get.ts')).schemaGetCommand,
  },
  {
    name: 'schema list',
    summary: 'List the versions of skaffold.yaml that are read',
    load: async () => (await import('./schema-list.ts')).schemaListCommand,
  },
  {
    name: 'find-configs',
    summary: 'Find the Skaffold configurations in a folder',
    load: async () => (await import('./find-configs.ts')).findConfigsCommand,
  },
  {
    name: 'lint',
    summary: 'Say what could be better in skaffold.yaml, Dockerfiles and manifests',
    load: async () => (await import('./lint.ts')).lintCommand,
  },
  {
    name: 'inspect modules list',
    summary: 'List the named configurations of a project',
    load: async () => (await import('./inspect-modules-list.ts')).inspectModulesListCommand,
  },
  {
    name: 'inspect profiles list',
    summary: 'List the profiles of a project',
    load: async () => (await import('./inspect-profiles-list.ts')).inspectProfilesListCommand,
  },
  {
    name: 'inspect build-env list',
    summary: 'List where the images of a project are built',
    load: async () => (await import('./inspect-build-env-list.ts')).inspectBuildEnvListCommand,
  },
  {
    name: 'inspect build-env add local',
    summary: 'Add the build environment local',
    load: async () => (await import('./inspect-build-env-change.ts')).inspectBuildEnvAddLocalCommand,
  },
  {
    name: 'inspect build-env add googleCloudBuild',
    summary: 'Add the build environment googleCloudBuild',
    load: async () => (await import('./inspect-build-env-change.ts')).inspectBuildEnvAddGcbCommand,
  },
  {
    name: 'inspect build-env add cluster',
    summary: 'Add the build environment cluster',
    load: async () => (await import('./inspect-build-env-change.ts')).inspectBuildEnvAddClusterCommand,
  },
  {
    name: 'inspect build-env modify googleCloudBuild',
    summary: 'Change the build environment googleCloudBuild',
    load: async () => (await import('./inspect-build-env-change.ts')).inspectBuildEnvModifyGcbCommand,
  },
  {
    name: 'inspect namespaces list',
    summary: 'List the namespaces of rendered Deployments',
    load: async () => (await import('./inspect-namespaces-list.ts')).inspectNamespacesListCommand,
  },
  {
    name: 'inspect executionModes list',
    summary: 'List where verifications and actions run',
    load: async () => (await import('./inspect-execution-modes-list.ts')).inspectExecutionModesListCommand,
  },
  {
    name: 'inspect tests list',
    summary: 'List the tests of images',
    load: async () => (await import('./inspect-tests-list.ts')).inspectTestsListCommand,
  },
  {
    name: 'inspect jobManifestPaths list',
    summary: 'List the Job manifests of verifications and actions',
    load: async () => (await import('./inspect-job-manifests.ts')).inspectJobManifestsListCommand,
  },
  {
    name: 'inspect jobManifestPaths modify',
    summary: 'Print the configurations with other Job manifests',
    load: async () => (await import('./inspect-job-manifests.ts')).inspectJobManifestsModifyCommand,
  },
  {
    name: 'inspect config-dependencies add',
    summary: 'Add required configurations',
    load: async () => (await import('./inspect-dependencies-add.ts')).inspectDependenciesAddCommand,
  },
]

/** The first words of those that have several. */
export const configGroups: readonly CommandSummary[] = [
  { name: 'config', summary: 'Read and write the global configuration' },
  { name: 'schema', summary: 'Schemas of skaffold.yaml' },
  { name: 'inspect', summary: 'Answer questions of other tools about a project, as JSON' },
  { name: 'inspect modules', summary: 'Named configurations' },
  { name: 'inspect profiles', summary: 'Profiles' },
  { name: 'inspect build-env', summary: 'Where images are built' },
  { name: 'inspect build-env add', summary: 'Add a build environment' },
  { name: 'inspect build-env modify', summary: 'Change a build environment' },
  { name: 'inspect namespaces', summary: 'Namespaces' },
  { name: 'inspect executionModes', summary: 'Where verifications and actions run' },
  { name: 'inspect tests', summary: 'Tests of images' },
  { name: 'inspect jobManifestPaths', summary: 'Job manifests of verifications and actions' },
  { name: 'inspect config-dependencies', summary: 'Required configurations' },
]

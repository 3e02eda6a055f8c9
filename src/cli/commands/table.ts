import type { Command } from '../command.ts'
import type { CommandSummary } from '../help.ts'
import { withSkaffoldFlags } from './skaffold-flags.ts'
import { configEntries, configGroups } from './table-config.ts'
import type { Entry } from './table-entry.ts'

/** Every command, in the order of help. Only the one that is called is loaded: start-up time is a feature. */
const entries: readonly Entry[] = [
  { name: 'run', summary: 'Build, render and deploy once', load: async () => (await import('./run.ts')).runCommand },
  {
    name: 'dev',
    summary: 'Run, then rebuild and redeploy on every change',
    load: async () => (await import('./dev.ts')).devCommand,
  },
  {
    name: 'debug',
    summary: 'Like dev, with containers that debuggers can be connected to',
    load: async () => (await import('./debug.ts')).debugCommand,
  },
  { name: 'build', summary: 'Build and push the images', load: async () => (await import('./build.ts')).buildCommand },
  {
    name: 'render',
    summary: 'Print the resources that would be deployed',
    load: async () => (await import('./render.ts')).renderCommand,
  },
  {
    name: 'deploy',
    summary: 'Deploy images that were built before',
    load: async () => (await import('./deploy.ts')).deployCommand,
  },
  {
    name: 'apply',
    summary: 'Apply manifests that were rendered before',
    load: async () => (await import('./apply.ts')).applyCommand,
  },
  {
    name: 'delete',
    summary: 'Delete what was deployed',
    load: async () => (await import('./delete.ts')).deleteCommand,
  },
  {
    name: 'init',
    summary: 'Make a skaffold.yaml for this folder',
    load: async () => (await import('./init.ts')).initCommand,
  },
  {
    name: 'test',
    summary: 'Run the tests of images that were built before',
    load: async () => (await import('./test.ts')).testCommand,
  },
  {
    name: 'verify',
    summary: 'Run verification containers against what was deployed',
    load: async () => (await import('./verify.ts')).verifyCommand,
  },
  { name: 'exec', summary: 'Run a custom action', load: async () => (await import('./exec.ts')).execCommand },
  {
    name: 'filter',
    summary: 'Put images, labels and placement into manifests of standard input',
    load: async () => (await import('./filter.ts')).filterCommand,
  },
  {
    name: 'check',
    summary: 'Say which images run on which nodes, which would crash, and what to change',
    load: async () => (await import('./check.ts')).checkCommand,
  },
  {
    name: 'diagnose',
    summary: 'Print the configuration that takes effect',
    load: async () => (await import('./diagnose.ts')).diagnoseCommand,
  },
  {
    name: 'fix',
    summary: 'Upgrade skaffold.yaml to the newest version',
    load: async () => (await import('./fix.ts')).fixCommand,
  },
  ...configEntries,
  {
    name: 'sandbox',
    summary: 'Keep a sandbox registry and cluster up',
    load: async () => (await import('./sandbox.ts')).sandboxCommand,
  },
  {
    name: 'registry',
    summary: 'Serve an embedded registry',
    load: async () => (await import('./registry.ts')).registryCommand,
  },
  {
    name: 'manifest create',
    summary: 'Create a local manifest list for annotating and pushing to a registry',
    load: async () => (await import('./manifest-create.ts')).manifestCreateCommand,
  },
  {
    name: 'manifest annotate',
    summary: 'Add additional information to a local image manifest',
    load: async () => (await import('./manifest-annotate.ts')).manifestAnnotateCommand,
  },
  {
    name: 'manifest inspect',
    summary: 'Display an image manifest, or manifest list',
    load: async () => (await import('./manifest-inspect.ts')).manifestInspectCommand,
  },
  {
    name: 'manifest push',
    summary: 'Push a manifest list to a repository',
    load: async () => (await import('./manifest-push.ts')).manifestPushCommand,
  },
  {
    name: 'manifest rm',
    summary: 'Delete one or more manifest lists from local storage',
    load: async () => (await import('./manifest-rm.ts')).manifestRmCommand,
  },
  {
    name: 'index create',
    summary: 'Make one index out of images and indexes, and push it',
    load: async () => (await import('./index-create.ts')).indexCreateCommand,
  },
  {
    name: 'index edit',
    summary: 'Add, replace, remove or annotate entries of an index',
    load: async () => (await import('./index-edit.ts')).indexEditCommand,
  },
  {
    name: 'image inspect',
    summary: 'Show what an image or index holds',
    load: async () => (await import('./image-inspect.ts')).imageInspectCommand,
  },
  {
    name: 'image copy',
    summary: 'Copy images and indexes from one place to another',
    load: async () => (await import('./image-copy.ts')).imageCopyCommand,
  },
  {
    name: 'image tags',
    summary: 'List the tags of a repository',
    load: async () => (await import('./image-tags.ts')).imageTagsCommand,
  },
  {
    name: 'image verify',
    summary: 'Check that an image is whole and is what it says',
    load: async () => (await import('./image-verify.ts')).imageVerifyCommand,
  },
  {
    name: 'copy',
    summary: 'Copy images and indexes from one place to another',
    load: async () => (await import('./copy.ts')).copyCommand,
  },
  { name: 'login', summary: 'Log in to a registry', load: async () => (await import('./login.ts')).loginCommand },
  {
    name: 'logout',
    summary: 'Forget the login to a registry',
    load: async () => (await import('./logout.ts')).logoutCommand,
  },
  {
    name: 'completion',
    summary: 'Print a completion script for bash, zsh, fish or PowerShell',
    load: async () => (await import('./completion.ts')).completionCommand,
  },
  {
    name: 'options',
    summary: 'List the flags that every command has',
    load: async () => (await import('./options-list.ts')).optionsCommand,
  },
  { name: 'version', summary: 'Print the version', load: async () => (await import('./version.ts')).versionCommand },
]

/** Commands of one subject; they are called `catamaran GROUP COMMAND`. */
const groups: readonly CommandSummary[] = [
  { name: 'manifest', summary: 'Make and push manifest lists step by step, as docker does' },
  { name: 'image', summary: 'Look at images, check and copy them' },
  { name: 'index', summary: 'Make and change indexes in a registry' },
  ...configGroups,
]

/** The words before the last of commands that have several. */
export const groupNames: readonly string[] = groups.map(({ name }) => name)

/** Names and summaries of commands and groups, without loading any command. */
export const commandSummaries: readonly CommandSummary[] = membersOf('')

/** The commands and groups of a group by their next word; undefined when it is no group. */
export function summariesOf(group: string): readonly CommandSummary[] | undefined {
  return groupNames.includes(group) ? membersOf(`${group} `) : undefined
}

/** The command of that name, or undefined. */
export async function loadCommand(name: string): Promise<Command | undefined> {
  const command = await entries.find((entry) => entry.name === name)?.load()
  return command === undefined ? undefined : withSkaffoldFlags(command)
}

/** All commands, for help, completion and the reference page. */
export async function loadCommands(): Promise<readonly Command[]> {
  return Promise.all(entries.map(async (entry) => withSkaffoldFlags(await entry.load())))
}

/** What comes after the first words, by one more word. A group stands where its first command does. */
function membersOf(prefix: string): readonly CommandSummary[] {
  const members = new Map<string, CommandSummary>()
  for (const { name, summary } of entries.filter((entry) => entry.name.startsWith(prefix))) {
    const word = name.slice(prefix.length).split(' ')[0] ?? ''
    const group = groups.find((one) => one.name === `${prefix}${word}`)
    if (!members.has(word)) members.set(word, { name: word, summary: group?.summary ?? summary })
  }
  return [...members.values()]
}

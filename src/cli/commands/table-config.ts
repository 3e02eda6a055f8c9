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
]

/** The first words of those that have several. */
export const configGroups: readonly CommandSummary[] = [
  { name: 'config', summary: 'Read and write the global configuration' },
]

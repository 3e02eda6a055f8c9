import type { Flag } from '../flags/index.ts'

/** Where the user's own settings are. */
export const globalConfigFlag: Flag = {
  name: 'config',
  shorthand: 'c',
  type: 'string',
  placeholder: 'file',
  description: 'File with the settings of "catamaran config", by default ~/.skaffold/config',
}

/** How repositories that skaffold.yaml requires are fetched. */
export const remoteModuleFlags: readonly Flag[] = [
  {
    name: 'remote-cache-dir',
    type: 'string',
    placeholder: 'folder',
    description: 'Folder that required git repositories are kept in, by default one below the cache folder',
  },
  {
    name: 'sync-remote-cache',
    type: 'string',
    default: 'always',
    choices: ['always', 'missing', 'never'],
    description: 'When required git repositories are fetched: at every run, when they are missing, or never',
  },
]

/** Which profiles are active. */
export const profileFlags: readonly Flag[] = [
  {
    name: 'profile',
    shorthand: 'p',
    type: 'strings',
    placeholder: 'name,…',
    description: 'Profiles to activate; a leading - deactivates one',
  },
  {
    name: 'profile-auto-activation',
    type: 'bool',
    default: 'true',
    description: 'Activate profiles also by environment, kubeconfig context and command',
  },
  {
    name: 'propagate-profiles',
    type: 'bool',
    default: 'true',
    description: 'Activate the profiles of -p also in required configurations',
  },
]

import type { Flag } from '../flags/index.ts'

/** What a changed file brings about in the commands that watch. */
export const autoFlags: readonly Flag[] = [
  {
    name: 'auto-build',
    type: 'bool',
    default: 'true',
    description: 'Build again when files of an artifact have changed',
  },
  {
    name: 'auto-sync',
    type: 'bool',
    default: 'true',
    description: 'Copy changed files into running containers where sync says so',
  },
  {
    name: 'auto-deploy',
    type: 'bool',
    default: 'true',
    description: 'Deploy again when images or manifests have changed',
  },
]

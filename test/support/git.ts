import { spawnSync } from 'node:child_process'

/** Whether tests that need git have to be left out; where all tools are required they are not. */
export const isGitMissing: boolean =
  process.env['CATAMARAN_REQUIRE_TOOLS'] !== '1' && spawnSync('git', ['--version']).error !== undefined

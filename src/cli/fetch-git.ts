import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { GitModule } from '../config/index.ts'
import type { SyncPolicy } from '../workspace/index.ts'
import type { Invocation } from './command.ts'

/** Gives the folder of a required repository, each of which is fetched once in a run. */
export function gitFetcher(invocation: Invocation): (module: GitModule) => Promise<string> {
  const known = new Map<string, Promise<string>>()
  return (module) => {
    const key = JSON.stringify([module.repo, module.ref])
    const fetched = known.get(key) ?? fetchGit(invocation, module)
    known.set(key, fetched)
    return fetched
  }
}

async function fetchGit(invocation: Invocation, module: GitModule): Promise<string> {
  const { flags, env, signal, emit } = invocation
  const [{ fetchGitModule }, { runProcess }] = await Promise.all([
    import('../workspace/index.ts'),
    import('../subprocess/index.ts'),
  ])
  const { repo, ref, sync } = module
  emit({ type: 'detail', text: `${repo}${ref === undefined ? '' : ` at ${ref}`} is required` })
  const source = { repo, ...(ref === undefined ? {} : { ref }), ...(sync === undefined ? {} : { sync }) }
  return fetchGitModule(source, {
    cacheFolder: remoteCacheFolder(invocation),
    policy: flags.text('sync-remote-cache') as SyncPolicy,
    runProcess,
    env,
    signal,
  })
}

/** Where required repositories are kept. */
export function remoteCacheFolder({ flags, env, cwd }: Invocation): string {
  const asked = flags.text('remote-cache-dir')
  if (asked !== undefined) return resolve(cwd, asked)
  const cache = env['XDG_CACHE_HOME'] ?? ''
  return join(cache === '' ? join(env['HOME'] ?? homedir(), '.cache') : cache, 'catamaran', 'repos')
}

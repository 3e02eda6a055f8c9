import type { BuildRepositoryModule, StorageModule } from '../config/index.ts'
import type { Google } from '../google/index.ts'
import type { SyncPolicy } from '../workspace/index.ts'
import { createClosing } from './closing.ts'
import type { Invocation } from './command.ts'
import { remoteCacheFolder } from './fetch-git.ts'
import { openGoogle } from './open-google.ts'

/** Gives the folder that a dependency in a bucket is in. */
export async function fetchStorage(invocation: Invocation, { source, sync }: StorageModule): Promise<string> {
  const { flags, signal, emit } = invocation
  emit({ type: 'detail', text: `${source} is required` })
  const { cachedTree, openStorage } = await import('../google/index.ts')
  return withGoogle(invocation, (google) =>
    cachedTree(async () => openStorage(google), {
      source,
      cacheFolder: remoteCacheFolder(invocation),
      policy: flags.text('sync-remote-cache') as SyncPolicy,
      ...(sync === undefined ? {} : { sync }),
      signal,
    }),
  )
}

/** Gives the folder that a dependency in a repository is in that Cloud Build is connected to. */
export async function fetchBuildRepository(invocation: Invocation, module: BuildRepositoryModule): Promise<string> {
  const { projectID: project, region, connection, repo: repository, ref, sync } = module
  const { flags, env, signal, emit } = invocation
  emit({ type: 'detail', text: `${repository} of the connection ${connection} is required` })
  const [{ accessRepository }, { fetchGitModule }, { runProcess }] = await Promise.all([
    import('../google/index.ts'),
    import('../workspace/index.ts'),
    import('../subprocess/index.ts'),
  ])
  const { url, token } = await withGoogle(invocation, async (google) =>
    accessRepository(google, { project, region, connection, repository }, signal),
  )
  const source = { repo: url, ...(ref === undefined ? {} : { ref }), ...(sync === undefined ? {} : { sync }) }
  return fetchGitModule(source, {
    cacheFolder: remoteCacheFolder(invocation),
    policy: flags.text('sync-remote-cache') as SyncPolicy,
    runProcess,
    env: { ...env, ...withToken(env, url, token) },
    signal,
  })
}

/** The token stands in no file and no argument: git takes it from its environment. */
function withToken(env: Invocation['env'], url: string, token: string): Readonly<Record<string, string>> {
  const count = Number(env['GIT_CONFIG_COUNT'] ?? '0')
  const login = Buffer.from(`oauth2:${token}`).toString('base64')
  return {
    GIT_CONFIG_COUNT: String(count + 1),
    [`GIT_CONFIG_KEY_${count}`]: `http.${url}.extraHeader`,
    [`GIT_CONFIG_VALUE_${count}`]: `Authorization: Basic ${login}`,
  }
}

async function withGoogle<T>(invocation: Invocation, use: (google: Google) => Promise<T>): Promise<T> {
  const closing = createClosing()
  try {
    const { runProcess } = await import('../subprocess/index.ts')
    return await use(await openGoogle(invocation, { runProcess, closing }))
  } finally {
    await closing.close()
  }
}

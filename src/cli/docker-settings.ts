import { join } from 'node:path'
import type { DockerSettings } from '../build/index.ts'
import type { Project } from '../pipeline/index.ts'
import { cacheFolder } from './cache-folder.ts'
import type { Invocation } from './command.ts'

/** How Docker is to build: what flags say, then the user's own settings, then the configuration. */
export function dockerSettings(
  { flags, env }: Invocation,
  { configs }: Project,
  usualBuilder: string | undefined,
): DockerSettings {
  const asked = flags.has('buildx-builder') ? flags.text('buildx-builder') : undefined
  const fromEnvironment = env['BUILDX_BUILDER'] ?? ''
  const builder = asked ?? (fromEnvironment === '' ? usualBuilder : undefined)
  const cacheTo = flags.has('cache-to') ? flags.values('cache-to') : []
  const isOld = configs.some(({ build }) => build.local?.useBuildkit === false)
  return {
    ...(builder === undefined || builder === '' ? {} : { builder }),
    ...(isOld ? { useBuildkit: false } : {}),
    cacheTo: cacheTo.filter((text) => text !== '').map((text) => (text === 'local' ? localCache(env) : text)),
  }
}

function localCache(env: Invocation['env']): string {
  return `type=local,dest=${join(cacheFolder(env), 'buildkit')},mode=max`
}

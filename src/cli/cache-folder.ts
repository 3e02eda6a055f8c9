import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where what can be made again is kept between runs. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  const given = env['XDG_CACHE_HOME'] ?? ''
  return join(given === '' ? join(homedir(), '.cache') : given, 'catamaran')
}

import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { ToolError } from '../../errors/index.ts'
import type { ImageContext } from '../../pipeline/image/index.ts'
import type { RunProcess } from '../../subprocess/index.ts'
import { parseLocation, type Location } from '../../transfer/index.ts'
import { createClosing } from '../closing.ts'
import type { Invocation } from '../command.ts'
import type { Flag } from '../flags/index.ts'
import { once } from '../once.ts'
import { registryOptions } from '../registry-options.ts'

/** Which registries are reached how. */
export const insecureFlag: Flag = {
  name: 'insecure',
  type: 'bool',
  default: 'false',
  description: 'Reach the registries of this command over plain http or with a certificate that is not trusted',
}

/**
 * Gives a command about images what it needs from outside. With `--insecure`, the registries that its arguments name
 * are trusted whatever they speak.
 */
export async function withImages<T>(
  invocation: Invocation,
  places: readonly Location[],
  run: (context: ImageContext) => Promise<T>,
): Promise<T> {
  const { env, emit, cwd, signal } = invocation
  const closing = createClosing()
  const registry = once(async () => {
    const { createRegistry } = await import('../../registry/index.ts')
    const { readGlobalSettings } = await import('../global-settings.ts')
    // images are not for one cluster: only what is set for all of them counts
    const { insecureRegistries: known } = await readGlobalSettings(invocation, () => Promise.resolve(undefined))
    const { insecureRegistries: given, ...reach } = await registryOptions(invocation)
    const insecureRegistries = [...new Set([...insecureHosts(invocation, places), ...given, ...known])]
    const made = createRegistry({ env, runProcess, emit, ...reach, insecureRegistries })
    closing.add(async () => made.close())
    return made
  })
  const workFolder = async (): Promise<string> => {
    const { makeWorkFolder } = await import('../work-folder.ts')
    return makeWorkFolder(closing)
  }
  try {
    const result = await run({
      registry,
      workFolder,
      dataFolder: dataFolderOf(env),
      runProcess,
      env,
      cwd,
      emit,
      signal,
    })
    await closing.close()
    return result
  } catch (error) {
    // what went wrong first is what the user has to know
    await closing.close().catch(() => {})
    throw error
  }
}

/** Programs are run for credential helpers and engines: most commands need none, and do not wait for what starts them. */
async function runProcess(...args: Parameters<RunProcess>): ReturnType<RunProcess> {
  const room = await import('../../subprocess/index.ts')
  return room.runProcess(...args)
}

/**
 * The arguments as places, at least so many.
 * @throws USAGE in docker's words when there are too few
 */
export function parsePlaces({ command, args }: Invocation, atLeast: number): readonly Location[] {
  checkCount(command, args.length, atLeast)
  return args.map(parseLocation)
}

/** @throws USAGE when there are fewer arguments */
export function checkCount(command: string, count: number, atLeast: number): void {
  if (count >= atLeast) return
  const plural = atLeast === 1 ? '' : 's'
  throw new ToolError('USAGE', `"catamaran ${command}" requires at least ${atLeast} argument${plural}`, {
    hint: `see catamaran ${command} --help`,
  })
}

/** Where a user's data is kept. @see https://specifications.freedesktop.org/basedir-spec/latest/ */
function dataFolderOf(env: Invocation['env']): string {
  const own = env['XDG_DATA_HOME'] ?? ''
  // a relative path is to be ignored
  if (isAbsolute(own)) return join(own, 'catamaran')
  const local = env['LOCALAPPDATA'] ?? ''
  return local === '' ? join(env['HOME'] ?? homedir(), '.local', 'share', 'catamaran') : join(local, 'catamaran')
}

function insecureHosts({ flags }: Invocation, places: readonly Location[]): readonly string[] {
  if (!flags.has('insecure') || !flags.bool('insecure')) return []
  return places.flatMap((place) => (place.kind === 'registry' ? [place.reference.registry] : []))
}

import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { GlobalConfig, GlobalSettings } from '../config/index.ts'
import { ToolError } from '../errors/index.ts'
import type { Invocation } from './command.ts'

/** Where the global configuration is: `--config`, else `.skaffold/config` in the home folder; undefined without one. */
export function globalConfigPath({ flags, env, cwd }: Invocation): string | undefined {
  const given = flags.has('config') ? flags.text('config') : undefined
  if (given !== undefined && given !== '') return resolve(cwd, given)
  const home = env['HOME'] ?? env['USERPROFILE'] ?? ''
  return home === '' ? undefined : join(home, '.skaffold', 'config')
}

/**
 * The global configuration. A file that is not there says nothing, unless it was named.
 * @throws FILE_UNREADABLE, GLOBAL_CONFIG_INVALID
 */
export async function readGlobalConfig(invocation: Invocation): Promise<GlobalConfig | undefined> {
  const path = globalConfigPath(invocation)
  const text = path === undefined ? undefined : await readText(path)
  if (path === undefined || text === undefined) return undefined
  const { parseGlobalConfig } = await import('../config/index.ts')
  return parseGlobalConfig(text, path)
}

/** What the global configuration says for the kubeconfig context, which is only asked for when it matters. */
export async function readGlobalSettings(
  invocation: Invocation,
  kubeContext: () => Promise<string | undefined>,
): Promise<GlobalSettings> {
  const config = await readGlobalConfig(invocation)
  if (config === undefined) return { insecureRegistries: [] }
  const { dependsOnContext, settingsFor } = await import('../config/index.ts')
  const settings = settingsFor(config, dependsOnContext(config) ? await kubeContext() : undefined)
  sayChoices(invocation, config.source.file, settings)
  return settings
}

function sayChoices({ emit }: Invocation, file: string, { defaultRepo, insecureRegistries }: GlobalSettings): void {
  if (defaultRepo !== undefined) emit({ type: 'detail', text: `${file} has default-repo ${defaultRepo}` })
  if (insecureRegistries.length > 0) {
    emit({ type: 'detail', text: `${file} has insecure-registries ${insecureRegistries.join(', ')}` })
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // a home folder that is a file has no configuration either
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new ToolError('FILE_UNREADABLE', `cannot read the global configuration ${path}`, {
      hint: 'make it readable, or name another one with --config',
      cause: error,
    })
  }
}

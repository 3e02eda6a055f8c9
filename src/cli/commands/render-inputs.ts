import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { readResourceSelector } from '../../config/index.ts'
import { ToolError } from '../../errors/index.ts'
import type { DeployOptions } from '../../pipeline/index.ts'
import type { Invocation } from '../command.ts'
import { parseEnvFile } from '../env-file.ts'

/**
 * What manifests are rendered with beside the flags: values of `--set` and of its file, which loses, and the rules of
 * `--resource-selector-rules-file`; and which custom kinds are waited for.
 * @throws USAGE, FILE_UNREADABLE, and what reading the rules throws
 */
export async function readRenderInputs(
  invocation: Invocation,
): Promise<Pick<DeployOptions, 'resourceSelector' | 'setters' | 'statusSelectors'>> {
  const { flags } = invocation
  const setters = await readSetters(invocation)
  const rules = flags.text('resource-selector-rules-file')
  return {
    ...(Object.keys(setters).length === 0 ? {} : { setters }),
    ...(rules === undefined
      ? {}
      : { resourceSelector: readResourceSelector({ file: rules, text: await readText(invocation, rules) }) }),
    ...(await readStatusSelectors(invocation)),
  }
}

/** Values of `--set` and of its file, which loses. */
export async function readSetters(invocation: Invocation): Promise<Readonly<Record<string, string>>> {
  const { flags } = invocation
  const valueFile = flags.text('set-value-file')
  const ofFile = valueFile === undefined ? {} : parseEnvFile(await readText(invocation, valueFile))
  return { ...ofFile, ...Object.fromEntries(flags.list('set').map(parseSetter)) }
}

/** What `--status-check-selectors` names. */
export async function readStatusSelectors(invocation: Invocation): Promise<Pick<DeployOptions, 'statusSelectors'>> {
  const { flags } = invocation
  // render waits for nothing
  const file = flags.has('status-check-selectors') ? flags.text('status-check-selectors') : undefined
  if (file === undefined) return {}
  const { parseStatusSelectors } = await import('../../status/index.ts')
  return { statusSelectors: parseStatusSelectors(await readText(invocation, file), file) }
}

function parseSetter(text: string): readonly [string, string] {
  const equals = text.indexOf('=')
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)]
  throw new ToolError('USAGE', `--set "${text}" has no value`, { hint: 'write --set=NAME=VALUE' })
}

async function readText({ cwd }: Invocation, file: string): Promise<string> {
  try {
    return await readFile(resolve(cwd, file), 'utf8')
  } catch (error) {
    throw new ToolError('FILE_UNREADABLE', `cannot read ${file}`, { hint: 'correct the path', cause: error })
  }
}

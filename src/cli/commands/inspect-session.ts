import { resolve } from 'node:path'
import { isUrl, type InspectedConfig } from '../../config/index.ts'
import { isToolError } from '../../errors/index.ts'
import type { Invocation } from '../command.ts'
import { remoteCacheFolder } from '../fetch-git.ts'
import type { Flag } from '../flags/index.ts'
import { loadProjectDocuments, readMainConfig } from '../load-project.ts'
import { writeFileWhole } from '../write-file.ts'
import { globalFlags, projectFlags } from './shared-flags.ts'

const unused: ReadonlySet<string> = new Set(['sandbox', 'config', 'assume-yes'])

/** What every `inspect` command takes. The answer is always JSON. */
export const inspectFlags: readonly Flag[] = [
  ...projectFlags.filter(({ name }) => !unused.has(name)),
  ...globalFlags.map((flag) => (flag.name === 'format' ? { ...flag, default: 'json' } : flag)),
]

/** A configuration, and where it came from. */
export interface FoundConfig extends InspectedConfig {
  readonly path: string
  /** It stands in the file that was named. */
  readonly isRoot: boolean
  /** It came with a repository. */
  readonly isRemote: boolean
}

/** The configurations of the project in the order of their dependencies. */
export async function inspectProject(invocation: Invocation): Promise<readonly FoundConfig[]> {
  const { inspectConfigs } = await import('../../config/index.ts')
  const { documents, originals, files } = await loadProjectDocuments(invocation)
  const [root] = files
  const remote = remoteCacheFolder(invocation)
  return inspectConfigs(documents, originals).map((config) => {
    const path = isUrl(config.file) ? config.file : resolve(invocation.cwd, config.file)
    return { ...config, path, isRoot: config.file === root, isRemote: path.startsWith(`${remote}/`) }
  })
}

/** Prints an answer as Skaffold does, on one line; also a failure, whose code and message tools read from there. */
export async function answerInspect(
  { terminal }: Pick<Invocation, 'terminal'>,
  ask: () => Promise<object | undefined>,
): Promise<void> {
  const write = (value: object): void => void terminal.stdout.write(`${JSON.stringify(value)}\n`)
  try {
    const answer = await ask()
    if (answer !== undefined) write(answer)
  } catch (error) {
    if (isToolError(error)) write({ errorCode: error.code, errorMessage: error.message })
    throw error
  }
}

/** Changes the file that `-f` names. */
export async function editMainConfig(
  invocation: Invocation,
  edit: (config: { readonly file: string; readonly text: string; readonly modules: readonly string[] }) => string,
): Promise<undefined> {
  const main = await readMainConfig(invocation)
  const text = edit({ ...main, modules: invocation.flags.list('module') })
  await writeFileWhole(resolve(invocation.cwd, main.file), text)
}

import { ToolError } from '../errors/index.ts'
import { checkSupport } from './check-support.ts'
import { readWritten, shapeOf } from './documents.ts'
import { rootShape } from './fields/root.ts'
import { plainOf, printDocuments } from './print-config.ts'
import { throwProblems } from './problems.ts'
import { upgradeDocument } from './upgrade/upgrade.ts'
import { configVersions, newestVersion } from './versions.ts'

/** What is to be upgraded, and how far. */
export interface FixRequest {
  readonly text: string
  /** As it should appear in messages. */
  readonly file: string
  /** The newest version when absent. */
  readonly target?: string
  readonly warn?: (text: string) => void
}

/**
 * Upgrades the text of a skaffold.yaml; undefined when every document of it has that version already. Comments and order
 * are not kept, as in Skaffold.
 * @throws what reading throws; CONFIG_UPGRADE_FAILED; CONFIG_VERSION_TOO_NEW when a document is newer than the target;
 *   CONFIG_MISSING_FIELD and CONFIG_CONFLICT when the result is not valid in the newest version
 */
export function fixConfig({ text, file, target = newestVersion, warn }: FixRequest): string | undefined {
  if (!configVersions.includes(target)) {
    throw new ToolError('USAGE', `${target} is an invalid api version`, { hint: `write --version=${newestVersion}` })
  }
  const documents = readWritten(file, text)
  if (documents.every(({ version }) => version === target)) return undefined
  const newer = documents.find(({ version }) => configVersions.indexOf(version) > configVersions.indexOf(target))
  if (newer !== undefined) {
    throw new ToolError(
      'CONFIG_VERSION_TOO_NEW',
      `config version "${newer.version}" is more recent than target version "${target}": upgrade Skaffold`,
      { hint: `write --version=${newer.version} or a later one` },
    )
  }
  const shape = shapeOf(target)
  const upgraded = documents.map(({ source, root }) => {
    const result = upgradeDocument({ source, root, target, warn: (warning) => warn?.(warning) })
    const problems = target === newestVersion ? checkSupport(result, rootShape) : []
    throwProblems(
      source,
      problems.filter(({ code }) => code !== 'CONFIG_UNSUPPORTED_FIELD'),
    )
    return plainOf(result, shape)
  })
  return printDocuments(upgraded)
}

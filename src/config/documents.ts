import { ToolError } from '../errors/index.ts'
import { checkStructure } from './check-structure.ts'
import { rootShape } from './fields/root.ts'
import { isNull, valueOf, type MapNode, type Node } from './node.ts'
import { throwProblems } from './problems.ts'
import { readDocuments } from './read-documents.ts'
import { readText } from './read.ts'
import { placeOf, type Source } from './source.ts'
import { upgradeDocument } from './upgrade/upgrade.ts'
import { shapeOfVersion } from './upgrade/version-shape.ts'
import { judgeVersion, newestVersion } from './versions.ts'

/** A document as it stands in a file: its structure is that of its own version. */
export interface WrittenDocument {
  readonly source: Source
  readonly root: Node
  readonly version: string
}

/** A document in the newest form. */
export interface ConfigDocument {
  readonly source: Source
  readonly root: Node
}

/**
 * Reads every document of a file and checks the structure of each against its own version.
 * @throws CONFIG_YAML_INVALID, CONFIG_NOT_SKAFFOLD, CONFIG_VERSION_TOO_NEW, CONFIG_UNKNOWN_FIELD, CONFIG_WRONG_TYPE,
 *   CONFIG_VALUE_INVALID
 */
export function readWritten(file: string, text: string): readonly WrittenDocument[] {
  const source: Source = { file, text: text.startsWith('\uFEFF') ? text.slice(1) : text }
  const documents = readDocuments(source).map((document) => identify(source, document))
  if (documents.length === 0) throw notSkaffold(source, 0, 'is empty')
  throwProblems(
    source,
    documents.flatMap(({ root, version }) => checkStructure(root, shapeOf(version), version)),
  )
  return documents
}

/**
 * Brings documents to the newest form.
 * @throws CONFIG_UPGRADE_FAILED
 */
export function toNewest(
  documents: readonly WrittenDocument[],
  warn: (text: string) => void,
): readonly ConfigDocument[] {
  return documents.map(({ source, root }) => ({
    source,
    root: upgradeDocument({ source, root, target: newestVersion, warn }),
  }))
}

/** The fields of a version, and for the newest what of it is supported. */
export function shapeOf(version: string): typeof rootShape {
  return version === newestVersion ? rootShape : shapeOfVersion(version)
}

/** Takes the place for anchors away, and finds the version. */
function identify(source: Source, document: Node): WrittenDocument {
  if (document.kind !== 'map') throw notSkaffold(source, document.at, 'is no mapping')
  const root: MapNode = { ...document, entries: document.entries.filter((entry) => !entry.key.startsWith('.')) }
  const node = valueOf(root, 'apiVersion')
  const apiVersion = readText(node)
  if (node === undefined || isNull(node) || apiVersion === undefined) {
    throw notSkaffold(source, node?.at ?? root.at, 'has no apiVersion')
  }
  const verdict = judgeVersion(apiVersion)
  if (verdict === 'read') return { source, root, version: apiVersion }
  throw versionProblem(verdict, apiVersion, placeOf(source, node.at))
}

function versionProblem(kind: 'newer' | 'unknown', apiVersion: string, where: string): ToolError {
  if (kind === 'newer') {
    return new ToolError(
      'CONFIG_VERSION_TOO_NEW',
      `config version "${apiVersion}" is more recent than target version "${newestVersion}": upgrade catamaran`,
      { where, hint: `upgrade catamaran, or set apiVersion to ${newestVersion}` },
    )
  }
  const reason = apiVersion.startsWith('skaffold/')
    ? `unknown skaffold config API version "${apiVersion}"`
    : `apiVersion "${apiVersion}" is not that of a Skaffold configuration`
  return new ToolError('CONFIG_NOT_SKAFFOLD', reason, { where, hint: `set apiVersion to ${newestVersion}` })
}

function notSkaffold(source: Source, at: number, reason: string): ToolError {
  return new ToolError('CONFIG_NOT_SKAFFOLD', `${source.file} is not a Skaffold configuration: it ${reason}`, {
    where: placeOf(source, at),
    hint: `begin it with \`apiVersion: ${newestVersion}\` and \`kind: Config\``,
  })
}

import { ToolError } from '../errors/index.ts'
import { buildConfig } from './build-config.ts'
import { checkStructure } from './check-structure.ts'
import { checkSupport } from './check-support.ts'
import { checkValues } from './check-values.ts'
import { rootShape } from './fields/root.ts'
import type { ObjectShape } from './fields/shape.ts'
import { isNull, valueOf, type MapNode, type Node } from './node.ts'
import { throwProblems, type Problem } from './problems.ts'
import { applyProfiles, requireProfiles } from './profiles.ts'
import { readDocuments } from './read-documents.ts'
import { readText } from './read.ts'
import { placeOf, type Source } from './source.ts'
import type { SkaffoldConfig } from './types.ts'
import { upgradeDocument } from './upgrade/upgrade.ts'
import { shapeOfVersion } from './upgrade/version-shape.ts'
import { judgeVersion, newestVersion } from './versions.ts'

/** How a configuration is read. */
export interface ParseConfigOptions {
  /** The file as it should appear in messages; relative paths in the configuration start from its folder. */
  readonly file: string
  /** The environment, for templates and for the activation of profiles. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Names as `-p` gives them; a name that begins with `-` turns a profile off. */
  readonly profiles?: readonly string[]
  /** The context that is used, from the flag or the kubeconfig; for the activation of profiles. */
  readonly kubeContext?: string
  /** The command that runs, `dev` for instance; for the activation of profiles. */
  readonly command?: string
  /** False: only the profiles that are named are active. True when absent. */
  readonly profileAutoActivation?: boolean
  /** Told what an upgrade from an old version loses or changes in meaning. */
  readonly warn?: (text: string) => void
  /** Runs a program for templates and gives its standard output; see {@link resolveCommands}. */
  readonly cmd?: (argv: readonly string[]) => string
}

/**
 * Reads the text of a skaffold.yaml: every document of it, its profiles applied, its defaults set and its templates rendered.
 * Nothing but the text and the options is looked at.
 *
 * All problems of one kind are reported by one error, whose place is that of the first: first unknown fields and wrong types
 * anywhere in the file, then, with profiles applied, fields that are valid and not supported, then values.
 *
 * @throws CONFIG_YAML_INVALID, CONFIG_NOT_SKAFFOLD, CONFIG_VERSION_TOO_NEW, CONFIG_UPGRADE_FAILED for the file;
 *   CONFIG_UNKNOWN_FIELD, CONFIG_WRONG_TYPE, CONFIG_VALUE_INVALID, CONFIG_MISSING_FIELD, CONFIG_CONFLICT,
 *   CONFIG_UNSUPPORTED_FIELD, CONFIG_TEMPLATE_INVALID for its fields; CONFIG_PROFILE_UNKNOWN, CONFIG_PATCH_INVALID for profiles
 * @see https://skaffold.dev/docs/references/yaml/
 */
export function parseConfig(text: string, options: ParseConfigOptions): readonly SkaffoldConfig[] {
  const source: Source = { file: options.file, text: text.startsWith('\uFEFF') ? text.slice(1) : text }
  const documents = readDocuments(source).map((document) => identify(source, document))
  if (documents.length === 0) throw notSkaffold(source, 0, 'is empty')
  throwProblems(
    source,
    documents.flatMap(({ root, version }) => checkStructure(root, shapeOf(version), version)),
  )
  const newest = documents.map(({ root }) => upgrade(source, root, options))
  const effective = selectProfiles(source, newest, options)
  throwProblems(
    source,
    effective.flatMap(({ root }) => checkSupport(root, rootShape)),
  )
  throwProblems(source, checkValues(effective.map(({ root }) => root)))
  const isAlone = effective.length === 1
  const outside = { source, env: options.env, ...(options.cmd === undefined ? {} : { cmd: options.cmd }) }
  return effective.map(({ root }) => buildConfig(root, { ...outside, isAlone }))
}

interface Document {
  readonly root: Node
  readonly version: string
}

function selectProfiles(
  source: Source,
  documents: readonly Document[],
  options: ParseConfigOptions,
): readonly Document[] {
  const choice = { ...options, profiles: options.profiles ?? [], autoActivation: options.profileAutoActivation ?? true }
  const roots = documents.map(({ root }) => root)
  requireProfiles(source, roots, choice.profiles)
  const effective = documents.map(({ root, version }) => ({
    root: applyProfiles(source, root, { choice, root: rootShape }),
    version,
  }))
  // A patch can write anything.
  const problems: Problem[] = effective.flatMap(({ root, version }) => checkStructure(root, rootShape, version))
  throwProblems(source, problems)
  return effective
}

/** Takes the place for anchors away, and finds the version. */
function identify(source: Source, document: Node): Document {
  if (document.kind !== 'map') throw notSkaffold(source, document.at, 'is no mapping')
  const root: MapNode = { ...document, entries: document.entries.filter((entry) => !entry.key.startsWith('.')) }
  const node = valueOf(root, 'apiVersion')
  const apiVersion = readText(node)
  if (node === undefined || isNull(node) || apiVersion === undefined) {
    throw notSkaffold(source, node?.at ?? root.at, 'has no apiVersion')
  }
  const verdict = judgeVersion(apiVersion)
  if (verdict === 'read') return { root, version: apiVersion }
  throw versionProblem(verdict, apiVersion, placeOf(source, node.at))
}

function shapeOf(version: string): ObjectShape {
  return version === newestVersion ? rootShape : shapeOfVersion(version)
}

function upgrade(source: Source, root: Node, { warn }: ParseConfigOptions): Document {
  const upgraded = upgradeDocument({ source, root, target: newestVersion, warn: (text) => warn?.(text) })
  return { root: upgraded, version: newestVersion }
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

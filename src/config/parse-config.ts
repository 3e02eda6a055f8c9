import { buildConfig } from './build-config.ts'
import { checkStructure } from './check-structure.ts'
import { checkBuilders } from './check-builders.ts'
import { checkSupport } from './check-support.ts'
import { checkValues } from './check-values.ts'
import { readWritten, toNewest, type ConfigDocument } from './documents.ts'
import { rootShape } from './fields/root.ts'
import { isBlank, valueOf } from './node.ts'
import { throwProblems } from './problems.ts'
import { applyProfiles, requireProfiles, type ProfileChoice } from './profiles.ts'
import type { SkaffoldConfig } from './types.ts'
import { newestVersion } from './versions.ts'

/** What decides which profiles are active, and what templates may use. */
export interface ConfigOptions {
  /** The environment, for templates and for the activation of profiles. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Names as `-p` gives them; a name that begins with `-` turns a profile off. */
  readonly profiles?: readonly string[]
  /** The context that is used, from the flag or the kubeconfig; for the activation of profiles. */
  readonly kubeContext?: string
  /** The context was named by a flag, and is used whatever the configuration says. */
  readonly isContextGiven?: boolean
  /** The command that runs, `dev` for instance; for the activation of profiles. */
  readonly command?: string
  /** False: only the profiles that are named are active. True when absent. */
  readonly profileAutoActivation?: boolean
  /** Told what an upgrade from an old version loses or changes in meaning. */
  readonly warn?: (text: string) => void
}

/** How one configuration file is read. */
export interface ParseConfigOptions extends ConfigOptions, TemplateOutside {
  /** The file as it should appear in messages; relative paths in the configuration start from its folder. */
  readonly file: string
}

/** What templates need from outside. */
export interface TemplateOutside {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Runs a program for templates and gives its standard output; see {@link resolveCommands}. */
  readonly cmd?: (argv: readonly string[]) => string
  /** The time that templates see; without it, functions that need it are an error. */
  readonly now?: () => Date
}

/**
 * Reads the text of one skaffold.yaml of any version: every document of it, upgraded to the newest form, its profiles
 * applied, its defaults set and its templates rendered. Nothing but the text and the options is looked at; a file that
 * requires others is for {@link loadDocuments}.
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
  const documents = toNewest(readWritten(options.file, text), (warning) => options.warn?.(warning))
  const choice = choiceOf(options)
  requireProfiles(documents, choice.profiles)
  const effective = documents.map((document) => applyChoice(document, choice))
  for (const document of effective) throwProblems(document.source, requiresProblems(document))
  const { env, cmd, now } = options
  return buildConfigs(effective, {
    env,
    ...(cmd === undefined ? {} : { cmd }),
    ...(now === undefined ? {} : { now }),
  })
}

/** What the options say about profiles. */
export function choiceOf(options: ConfigOptions): ProfileChoice {
  return { ...options, profiles: options.profiles ?? [], autoActivation: options.profileAutoActivation ?? true }
}

/** A document with its profiles applied. */
export function applyChoice({ source, root }: ConfigDocument, choice: ProfileChoice): ConfigDocument {
  const effective = applyProfiles(source, root, { choice, root: rootShape })
  // A patch can write anything.
  throwProblems(source, checkStructure(effective, rootShape, newestVersion))
  return { source, root: effective }
}

/** A part of a configuration that some commands have no use for. */
export type ConfigSection =
  | 'build'
  | 'customActions'
  | 'deploy'
  | 'manifests'
  | 'portForward'
  | 'resourceSelector'
  | 'test'
  | 'verify'

/** For whom configurations are built. */
export interface BuildConfigsOptions extends TemplateOutside {
  /** The sections that are used: what is not supported in the others does not matter. All when absent. */
  readonly uses?: readonly ConfigSection[]
}

/**
 * Turns documents whose profiles are applied into typed configurations: their support and values checked, defaults set,
 * templates rendered.
 * @throws CONFIG_UNSUPPORTED_FIELD, CONFIG_MISSING_FIELD, CONFIG_CONFLICT, CONFIG_VALUE_INVALID, CONFIG_TEMPLATE_INVALID
 */
export function buildConfigs(
  documents: readonly ConfigDocument[],
  { uses, ...outside }: BuildConfigsOptions,
): readonly SkaffoldConfig[] {
  for (const { source, root } of documents) throwProblems(source, checkSupport(root, rootShape, uses))
  checkValues(documents)
  checkBuilders(documents)
  const isAlone = documents.length === 1
  return documents.map(({ source, root }) => buildConfig(root, { ...outside, source, isAlone }))
}

function requiresProblems({ root }: ConfigDocument): Parameters<typeof throwProblems>[1] {
  const requires = valueOf(root, 'requires')
  if (requires === undefined || isBlank(requires)) return []
  const message = '`requires` names other files, and only this one is read'
  return [{ code: 'CONFIG_UNSUPPORTED_FIELD', message, at: requires.at, hint: 'load the file together with those' }]
}

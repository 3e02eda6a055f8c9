import { ToolError } from '../errors/index.ts'
import type { ConfigDocument } from './documents.ts'
import type { ObjectShape } from './fields/shape.ts'
import { valueOf, type Node } from './node.ts'
import { overlayProfile } from './overlay.ts'
import { applyPatch, PatchError } from './patch.ts'
import { readBoolean, readItems, readText } from './read.ts'
import { placeOf, type Source } from './source.ts'
import { closest } from './suggest.ts'

/** What decides which profiles are active. */
export interface ProfileChoice {
  /** Names as `-p` gives them; one that begins with `-` is not to be active. */
  readonly profiles: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** The context that is used, from the flag or the kubeconfig; absent when there is none. */
  readonly kubeContext?: string
  /** The context was named by a flag, and is used whatever the configuration says. */
  readonly isContextGiven?: boolean
  /** The command that runs, `dev` for instance. */
  readonly command?: string
  /** False: only the profiles that are named. */
  readonly autoActivation: boolean
}

/** The configuration with its active profiles laid over it, in their order, and without its profiles. */
export function applyProfiles(
  source: Source,
  document: Node,
  { choice, root }: { readonly choice: ProfileChoice; readonly root: ObjectShape },
): Node {
  const known = profilesOf(source, document)
  const active = activeProfiles(source, known, choice)
  let config = withoutProfiles(document)
  for (const name of active) {
    const profile = known.get(name)
    if (profile !== undefined) config = applyOne(source, config, { name, profile, root })
  }
  const contextual = active.filter((name) => isActivatedByContext(source, known.get(name), choice))
  if (contextual.length > 0) checkContext(source, config, { names: contextual, choice })
  return config
}

/** Profiles that are active for one cluster must not lead to another. */
function checkContext(
  source: Source,
  config: Node,
  { names, choice }: { readonly names: readonly string[]; readonly choice: ProfileChoice },
): void {
  const node = valueOf(valueOf(config, 'deploy'), 'kubeContext')
  const effective = readText(node)
  const { kubeContext = '', isContextGiven = false } = choice
  if (isContextGiven || node === undefined || effective === undefined || effective === kubeContext) return
  throw new ToolError(
    'CONFIG_CONFLICT',
    `profiles ${names.map((name) => JSON.stringify(name)).join(', ')} were activated by kube-context ${JSON.stringify(kubeContext)}, but the effective kube-context is ${JSON.stringify(effective)}`,
    {
      where: placeOf(source, node.at),
      hint: 'revise `profiles[].activation` and `deploy.kubeContext`, or pass --kube-context',
    },
  )
}

/**
 * Checks that every profile that was asked for is in one of the documents.
 * @throws CONFIG_PROFILE_UNKNOWN with the names there are
 */
export function requireProfiles(documents: readonly ConfigDocument[], asked: readonly string[]): void {
  const known = [...new Set(documents.flatMap(({ source, root }) => [...profilesOf(source, root).keys()]))]
  const missing = asked.find((name) => !name.startsWith('-') && !known.includes(name))
  const [first] = documents
  if (missing === undefined || first === undefined) return
  const meant = closest(missing, known)
  const available = known.length === 0 ? 'it has no profiles' : `it has ${known.join(', ')}`
  throw new ToolError('CONFIG_PROFILE_UNKNOWN', `${first.source.file} has no profile \`${missing}\`; ${available}`, {
    hint: meant === undefined ? 'name one of its profiles with -p' : `use -p ${meant}`,
  })
}

/** The names of the profiles that are active, in the order in which they are applied. */
export function activeProfileNames({ source, root }: ConfigDocument, choice: ProfileChoice): readonly string[] {
  const known = profilesOf(source, root)
  return activeProfiles(source, known, choice).filter((name) => known.has(name))
}

function profilesOf(source: Source, document: Node): ReadonlyMap<string, Node> {
  const profiles = new Map<string, Node>()
  for (const [index, profile] of readItems(valueOf(document, 'profiles')).entries()) {
    const name = readText(valueOf(profile, 'name'))
    if (name === undefined) {
      throw new ToolError('CONFIG_MISSING_FIELD', `\`profiles[${index}].name\` is required`, {
        where: placeOf(source, profile.at),
        hint: 'give the profile a name',
      })
    }
    profiles.set(name, profile)
  }
  return profiles
}

function withoutProfiles(document: Node): Node {
  if (document.kind !== 'map') return document
  return { ...document, entries: document.entries.filter((entry) => entry.key !== 'profiles') }
}

function activeProfiles(source: Source, known: ReadonlyMap<string, Node>, choice: ProfileChoice): readonly string[] {
  const active = new Set<string>()
  for (const [name, profile] of known) {
    if (choice.autoActivation && isActivated(source, profile, choice)) active.add(name)
  }
  for (const name of choice.profiles) {
    if (name.startsWith('-')) active.delete(name.slice(1))
    else active.add(name)
  }
  return [...active]
}

function isActivated(source: Source, profile: Node, choice: ProfileChoice): boolean {
  const entries = readItems(valueOf(profile, 'activation'))
  if (entries.length === 0) return false
  const holds = entries.map((entry) => entryHolds(source, entry, choice))
  return readBoolean(valueOf(profile, 'requiresAllActivations')) === true ? holds.every(Boolean) : holds.some(Boolean)
}

function isActivatedByContext(source: Source, profile: Node | undefined, choice: ProfileChoice): boolean {
  if (!choice.autoActivation || profile === undefined || !isActivated(source, profile, choice)) return false
  return readItems(valueOf(profile, 'activation')).some(
    (entry) => readText(valueOf(entry, 'kubeContext')) !== undefined && entryHolds(source, entry, choice),
  )
}

function entryHolds(source: Source, entry: Node, choice: ProfileChoice): boolean {
  const command = readText(valueOf(entry, 'command'))
  const kubeContext = readText(valueOf(entry, 'kubeContext'))
  return (
    (command === undefined || matches(command, choice.command ?? '')) &&
    (kubeContext === undefined || matches(kubeContext, choice.kubeContext ?? '')) &&
    variableHolds(source, valueOf(entry, 'env'), choice.env)
  )
}

function variableHolds(source: Source, node: Node | undefined, env: ProfileChoice['env']): boolean {
  const condition = readText(node)
  if (node === undefined || condition === undefined) return true
  const cut = condition.indexOf('=')
  if (cut === -1) {
    throw new ToolError('CONFIG_VALUE_INVALID', `the activation \`env: ${condition}\` is not KEY=VALUE`, {
      where: placeOf(source, node.at),
      hint: 'write KEY=VALUE; VALUE is a regular expression, and nothing means not set',
    })
  }
  const name = condition.slice(0, cut)
  const value = (Object.hasOwn(env, name) ? env[name] : undefined) ?? ''
  const pattern = condition.slice(cut + 1)
  return pattern === '' ? value === '' : matches(pattern, value)
}

/** A regular expression that is found in the text, or the text itself; `!` in front turns it round. */
export function matches(pattern: string, text: string): boolean {
  if (pattern.startsWith('!')) return !isFound(pattern.slice(1), text)
  return isFound(pattern, text)
}

function isFound(pattern: string, text: string): boolean {
  if (pattern === text) return true
  try {
    return new RegExp(pattern).test(text)
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

function applyOne(
  source: Source,
  config: Node,
  { name, profile, root }: { readonly name: string; readonly profile: Node; readonly root: ObjectShape },
): Node {
  let merged = overlayProfile(config, profile, root)
  for (const patch of readItems(valueOf(profile, 'patches'))) {
    try {
      merged = applyPatch(merged, patch)
    } catch (error) {
      if (!(error instanceof PatchError)) throw error
      const path = readText(valueOf(patch, 'path')) ?? ''
      throw new ToolError('CONFIG_PATCH_INVALID', `profile \`${name}\`: invalid path: ${path}: ${error.message}`, {
        where: placeOf(source, patch.at),
        hint: 'paths name what is in the file after the profile was laid over it, defaults are not in it',
      })
    }
  }
  return merged
}

import { ToolError } from '../errors/index.ts'
import { checkStructure } from './check-structure.ts'
import { readWritten, toNewest, type ConfigDocument } from './documents.ts'
import { rootShape } from './fields/root.ts'
import type { BuildEnvironment } from './inspect-config.ts'
import { isNull, valueOf, type Node } from './node.ts'
import { plainOf, printDocuments } from './print-config.ts'
import { throwProblems } from './problems.ts'
import { readDocuments } from './read-documents.ts'
import { readItems, readText } from './read.ts'
import { changeAt, changeItems, listNode, mapNode, setMember, textNode } from './upgrade/edit.ts'
import { newestVersion } from './versions.ts'

/** A file to be changed. */
export interface EditedFile {
  readonly file: string
  readonly text: string
  /** Names of the configurations that are changed; all when empty. */
  readonly modules: readonly string[]
}

/** Which build environment is added or changed, and where. */
export interface EnvironmentChange {
  readonly kind: BuildEnvironment
  /** Members that are written, one of a member's members as `outer.inner`; the others stay. */
  readonly settings: Readonly<Record<string, boolean | number | string>>
  /** In this profile, which is added when it is not there; absent: in the configuration itself. */
  readonly profile?: string
  /** `add`: it must not be there yet; `modify`: it must. */
  readonly how: 'add' | 'modify'
}

/**
 * The text with a build environment added or changed in every chosen configuration, in the newest version. As with `fix`,
 * comments are not kept.
 * @throws CONFIG_CONFLICT when it is there already; CONFIG_MISSING_FIELD when it is to be changed and is not there; what
 *   reading throws
 */
export function changeBuildEnvironment(edited: EditedFile, change: EnvironmentChange): string {
  return editConfigs(edited, (root) => {
    if (change.profile === undefined) return changeIn(root, change)
    const profiles = readItems(valueOf(root, 'profiles'))
    const name = change.profile
    const own = profiles.find((profile) => readText(valueOf(profile, 'name')) === name)
    const changed = changeIn(own ?? mapNode({ name: textNode(name, root.at) }, root.at), change)
    const list = own === undefined ? [...profiles, changed] : profiles.map((one) => (one === own ? changed : one))
    return setMember(root, 'profiles', listNode(list, root.at))
  })
}

/**
 * The text with the entries of another text, a list as `requires` holds it, added to `requires` of every chosen configuration.
 * @throws CONFIG_UNKNOWN_FIELD and the like for entries that are none
 */
export function addDependencies(edited: EditedFile, entries: { readonly file: string; readonly text: string }): string {
  const [list] = readDocuments(entries)
  if (list?.kind !== 'list') {
    throw new ToolError('CONFIG_WRONG_TYPE', `${entries.file} is no list of dependencies`, {
      hint: 'write a list of what stands below `requires`',
    })
  }
  const requires = rootShape.fields.get('requires')?.shape ?? { kind: 'any' }
  throwProblems(
    entries,
    list.items.flatMap((item) => checkItem(item, requires)),
  )
  return editConfigs(edited, (root) =>
    setMember(root, 'requires', listNode([...readItems(valueOf(root, 'requires')), ...list.items], root.at)),
  )
}

/** Paths of Job manifests, by the name of a verification or action. */
export interface JobManifests {
  readonly verify: Readonly<Record<string, string>>
  readonly customActions: Readonly<Record<string, string>>
}

/** The documents with other manifests for the Jobs of verifications and actions that run in the cluster. */
export function changeJobManifests(
  documents: readonly ConfigDocument[],
  { verify, customActions }: JobManifests,
): readonly ConfigDocument[] {
  const change =
    (paths: Readonly<Record<string, string>>) =>
    (action: Node): Node => {
      const name = readText(valueOf(action, 'name')) ?? ''
      const path = Object.hasOwn(paths, name) ? paths[name] : undefined
      if (path === undefined) return action
      return changeAt(action, ['executionMode', 'kubernetesCluster'], (cluster) =>
        setMember(isNull(cluster) ? mapNode({}, cluster.at) : cluster, 'jobManifestPath', textNode(path, cluster.at)),
      )
    }
  return documents.map(({ source, root }) => ({
    source,
    root: changeItems(changeItems(root, ['verify'], change(verify)), ['customActions'], change(customActions)),
  }))
}

function checkItem(item: Node, shape: { readonly kind: string }): Parameters<typeof throwProblems>[1] {
  const entry = mapNode({ requires: listNode([item], item.at) }, item.at)
  return shape.kind === 'any' ? [] : checkStructure(entry, rootShape, newestVersion)
}

function editConfigs({ file, text, modules }: EditedFile, edit: (root: Node) => Node): string {
  const documents = toNewest(readWritten(file, text), () => {})
  const names = documents.map(({ root }) => readText(valueOf(valueOf(root, 'metadata'), 'name')) ?? '')
  const isChosen = (at: number): boolean => modules.length === 0 || modules.includes(names[at] ?? '')
  return printDocuments(documents.map(({ root }, at) => plainOf(isChosen(at) ? edit(root) : root, rootShape)))
}

function changeIn(holder: Node, { kind, settings, how, profile }: EnvironmentChange): Node {
  const build = givenMap(valueOf(holder, 'build'), holder.at)
  const before = valueOf(build, kind)
  const isThere = before?.kind === 'map' && before.entries.length > 0
  if (how === 'add' && isThere) throw alreadyThere(kind, profile)
  if (how === 'modify' && !isThere) throw notThere(kind, profile)
  const after = Object.entries(settings).reduce<Node>(
    (node, [path, value]) => {
      const scalar: Node = { kind: 'scalar', text: String(value), plain: typeof value !== 'string', at: node.at }
      const [key = '', inner] = path.split('.')
      return setMember(
        node,
        key,
        inner === undefined ? scalar : setMember(givenMap(valueOf(node, key), node.at), inner, scalar),
      )
    },
    givenMap(before, build.at),
  )
  const others = ['local', 'googleCloudBuild', 'cluster'].filter((other) => other !== kind)
  const cleared = how === 'add' ? others.reduce((node, other) => setMember(node, other, undefined), build) : build
  return setMember(holder, 'build', setMember(cleared, kind, after))
}

function givenMap(node: Node | undefined, at: number): Node {
  return node === undefined || isNull(node) ? mapNode({}, at) : node
}

function alreadyThere(kind: string, profile: string | undefined): ToolError {
  const where = profile === undefined ? 'the configuration' : `the profile ${profile}`
  return new ToolError('CONFIG_CONFLICT', `${where} has the build environment ${kind} already`, {
    hint: 'change it with: catamaran inspect build-env modify',
  })
}

function notThere(kind: string, profile: string | undefined): ToolError {
  const where = profile === undefined ? 'the configuration' : `the profile ${profile}`
  return new ToolError('CONFIG_MISSING_FIELD', `${where} has no build environment ${kind}`, {
    hint: 'add it with: catamaran inspect build-env add',
  })
}

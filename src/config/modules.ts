import { ToolError } from '../errors/index.ts'
import { join } from 'node:path'
import { readWritten, toNewest, type ConfigDocument } from './documents.ts'
import { isBlank, valueOf, type Node } from './node.ts'
import { applyChoice, choiceOf, type ConfigOptions } from './parse-config.ts'
import { activeProfileNames, requireProfiles } from './profiles.ts'
import { readBoolean, readItems, readText, readTexts } from './read.ts'
import { folderOf, placeOf } from './source.ts'

/** A dependency in a git repository. */
export interface GitModule {
  readonly repo: string
  /** Folder or file inside the repository. */
  readonly path?: string
  readonly ref?: string
  /** False: a copy that is there is not brought up to date. */
  readonly sync?: boolean
}

/** A dependency in a bucket of Cloud Storage. */
export interface StorageModule {
  /** `gs://bucket/path`; wildcards are allowed. */
  readonly source: string
  /** False: a copy that is there is not brought up to date. */
  readonly sync?: boolean
}

/** A dependency in a repository that is connected to Google Cloud Build. */
export interface BuildRepositoryModule {
  readonly projectID: string
  readonly region: string
  readonly connection: string
  readonly repo: string
  readonly ref?: string
  /** False: a copy that is there is not brought up to date. */
  readonly sync?: boolean
}

/** How a project's configurations are found. */
export interface LoadOptions extends ConfigOptions {
  /** The first file, as it should appear in messages. */
  readonly file: string
  /** Names of the configurations that are wanted with what they require; all when empty. */
  readonly modules?: readonly string[]
  /** False: the profiles that were asked for are not passed on to what is required. */
  readonly propagateProfiles?: boolean
  /** Gives a file's text; for a folder, that of the skaffold.yaml in it, and its path. */
  readonly read: (path: string) => Promise<{ readonly file: string; readonly text: string }>
  /** Gives the folder that a git dependency is in. */
  readonly fetchGit: (module: GitModule) => Promise<string>
  /** Gives the folder that a dependency in a bucket is in. */
  readonly fetchStorage: (module: StorageModule) => Promise<string>
  /** Gives the folder that a dependency in a connected repository is in. */
  readonly fetchBuildRepository: (module: BuildRepositoryModule) => Promise<string>
}

/** The documents of a project, profiles applied, what is required before what requires it. */
export interface LoadedDocuments {
  readonly documents: readonly ConfigDocument[]
  /** The same, before profiles were applied. */
  readonly originals: readonly ConfigDocument[]
  /** Every file that was read. */
  readonly files: readonly string[]
}

/**
 * Reads a configuration file and, through `requires`, those it needs. Each document is upgraded and has its profiles
 * applied; a document that several need is there once.
 *
 * @throws what reading throws; CONFIG_MODULE_UNKNOWN for a name that no configuration has; CONFIG_CONFLICT when a document
 *   would have to be there with different profiles
 */
export async function loadDocuments(options: LoadOptions): Promise<LoadedDocuments> {
  const walk: Walk = { options, files: new Map(), seen: new Map(), found: [], originals: [] }
  const profiles = options.profiles ?? []
  const modules = options.modules ?? []
  await visit(walk, { path: options.file, profiles, configs: [], isWanted: modules.length === 0 })
  const all = [...walk.files.values()].flatMap(({ documents }) => documents)
  requireProfiles(all, profiles)
  requireModules(all, modules)
  return { documents: walk.found, originals: walk.originals, files: [...walk.files.keys()] }
}

interface Walk {
  readonly options: LoadOptions
  readonly files: Map<string, ReadFile>
  readonly seen: Map<ConfigDocument, Seen>
  readonly found: ConfigDocument[]
  readonly originals: ConfigDocument[]
}

interface ReadFile {
  readonly file: string
  readonly documents: readonly ConfigDocument[]
}

interface Seen {
  readonly profiles: string
  isFound: boolean
}

interface Visit {
  readonly path: string
  /** As the dependant and the command line ask for them. */
  readonly profiles: readonly string[]
  /** Names of the documents that are needed; all when empty. */
  readonly configs: readonly string[]
  readonly isWanted: boolean
  /** Where the dependency was written down. */
  readonly from?: { readonly document: ConfigDocument; readonly at: number }
}

async function visit(walk: Walk, request: Visit): Promise<void> {
  const { file, documents } = await readOnce(walk, request.path)
  const needed = documents.filter((one) => request.configs.length === 0 || request.configs.includes(nameOf(one) ?? ''))
  const missing = request.configs.find((name) => !documents.some((one) => nameOf(one) === name))
  if (missing !== undefined) throw noSuchConfig(missing, file, request)
  for (const document of needed) await visitDocument(walk, document, request)
}

async function visitDocument(walk: Walk, document: ConfigDocument, request: Visit): Promise<void> {
  const { options } = walk
  const choice = { ...choiceOf(options), profiles: request.profiles }
  const active = activeProfileNames(document, choice)
  const isWanted = request.isWanted || (options.modules ?? []).includes(nameOf(document) ?? '')
  const known = walk.seen.get(document)
  const profiles = JSON.stringify([...active].sort())
  if (known !== undefined && known.profiles !== profiles) throw otherProfiles(document, known.profiles, profiles)
  if (known !== undefined && (known.isFound || !isWanted)) return
  const seen = known ?? { profiles, isFound: false }
  walk.seen.set(document, seen)
  seen.isFound = isWanted
  for (const dependency of readItems(valueOf(document.root, 'requires'))) {
    await visitDependency(walk, dependency, { document, active, isWanted })
  }
  if (!isWanted) return
  walk.found.push(withoutRequires(applyChoice(document, choice)))
  walk.originals.push(document)
}

interface Dependant {
  readonly document: ConfigDocument
  readonly active: readonly string[]
  readonly isWanted: boolean
}

async function visitDependency(walk: Walk, dependency: Node, { document, active, isWanted }: Dependant): Promise<void> {
  const { options } = walk
  const asked = readItems(valueOf(dependency, 'activeProfiles')).flatMap((entry) => {
    const activatedBy = readTexts(valueOf(entry, 'activatedBy')) ?? []
    const name = readText(valueOf(entry, 'name'))
    const isOn = activatedBy.length === 0 || activatedBy.some((one) => active.includes(one))
    return name !== undefined && isOn ? [name] : []
  })
  const passedOn = options.propagateProfiles === false ? [] : (options.profiles ?? [])
  await visit(walk, {
    path: await locate(walk, dependency, document),
    profiles: [...asked, ...passedOn],
    configs: readTexts(valueOf(dependency, 'configs')) ?? [],
    isWanted,
    from: { document, at: dependency.at },
  })
}

/** Where a dependency is: in a folder, in a repository or bucket, or, without any of them, in the same file. */
async function locate({ options }: Walk, dependency: Node, { source }: ConfigDocument): Promise<string> {
  const remote = await locateRemote(options, dependency, source)
  if (remote !== undefined) return remote
  const path = readText(valueOf(dependency, 'path'))
  if (path === undefined) return source.file
  return path.startsWith('/') ? path : join(folderOf(source.file), path)
}

async function locateRemote(
  options: LoadOptions,
  dependency: Node,
  source: ConfigDocument['source'],
): Promise<string | undefined> {
  const kinds = { git: fetchGit, googleCloudStorage: fetchStorage, googleCloudBuildRepoV2: fetchBuildRepository }
  for (const [key, fetch] of Object.entries(kinds)) {
    const node = valueOf(dependency, key)
    if (node === undefined || isBlank(node)) continue
    const folder = await fetch(options, remoteFields(node, { key, source }))
    const inside = readText(valueOf(node, 'path'))
    return inside === undefined ? folder : join(folder, inside)
  }
  return undefined
}

/** What is written about a dependency somewhere else. */
interface RemoteFields {
  readonly sync: { readonly sync?: boolean }
  readonly ref: { readonly ref?: string }
  readonly path: { readonly path?: string }
  /** @throws CONFIG_MISSING_FIELD */
  readonly required: (name: string) => string
}

function remoteFields(
  node: Node,
  { key, source }: { readonly key: string; readonly source: ConfigDocument['source'] },
): RemoteFields {
  const sync = readBoolean(valueOf(node, 'sync'))
  const [ref, path] = ['ref', 'path'].map((name) => readText(valueOf(node, name)))
  return {
    sync: sync === undefined ? {} : { sync },
    ref: ref === undefined ? {} : { ref },
    path: path === undefined ? {} : { path },
    required(name) {
      const text = readText(valueOf(node, name))
      if (text !== undefined) return text
      throw new ToolError('CONFIG_MISSING_FIELD', `\`requires[].${key}.${name}\` is required`, {
        where: placeOf(source, node.at),
        hint: `add \`${name}\``,
      })
    },
  }
}

async function fetchGit(options: LoadOptions, { required, ref, path, sync }: RemoteFields): Promise<string> {
  return options.fetchGit({ repo: required('repo'), ...ref, ...path, ...sync })
}

async function fetchStorage(options: LoadOptions, { required, sync }: RemoteFields): Promise<string> {
  return options.fetchStorage({ source: required('source'), ...sync })
}

async function fetchBuildRepository(options: LoadOptions, { required, ref, sync }: RemoteFields): Promise<string> {
  const [projectID, region] = [required('projectID'), required('region')]
  const [connection, repo] = [required('connection'), required('repo')]
  return options.fetchBuildRepository({ projectID, region, connection, repo, ...ref, ...sync })
}

async function readOnce(walk: Walk, path: string): Promise<ReadFile> {
  const known = walk.files.get(path)
  if (known !== undefined) return known
  const { file, text } = await walk.options.read(path)
  const same = walk.files.get(file)
  if (same !== undefined) return same
  const warn = (warning: string): void => walk.options.warn?.(warning)
  const read = { file, documents: toNewest(readWritten(file, text), warn) }
  walk.files.set(file, read)
  return read
}

/** The name of a document, when it has one. @internal */
export function nameOf({ root }: ConfigDocument): string | undefined {
  return readText(valueOf(valueOf(root, 'metadata'), 'name'))
}

/** What was required is beside the document now. */
function withoutRequires({ source, root }: ConfigDocument): ConfigDocument {
  if (root.kind !== 'map') return { source, root }
  return { source, root: { ...root, entries: root.entries.filter((entry) => entry.key !== 'requires') } }
}

function requireModules(documents: readonly ConfigDocument[], modules: readonly string[]): void {
  const names = documents.flatMap((one) => nameOf(one) ?? [])
  const missing = modules.find((name) => !names.includes(name))
  if (missing === undefined) return
  const known = names.length === 0 ? 'none has a name' : `there are ${[...new Set(names)].join(', ')}`
  throw new ToolError('CONFIG_MODULE_UNKNOWN', `did not find any configs matching selection ["${missing}"]: ${known}`, {
    hint: 'name one of them with -m; the name is `metadata.name`',
  })
}

function noSuchConfig(name: string, file: string, { from }: Visit): ToolError {
  return new ToolError('CONFIG_MODULE_UNKNOWN', `${file} has no configuration named \`${name}\``, {
    hint: 'correct `configs`; the name is `metadata.name`',
    ...(from === undefined ? {} : { where: placeOf(from.document.source, from.at) }),
  })
}

function otherProfiles(document: ConfigDocument, first: string, second: string): ToolError {
  const name = nameOf(document) ?? document.source.file
  return new ToolError(
    'CONFIG_CONFLICT',
    `the configuration ${name} is required with the profiles ${first} and with ${second}`,
    {
      where: placeOf(document.source, document.root.at),
      hint: 'require it with the same `activeProfiles` everywhere',
    },
  )
}

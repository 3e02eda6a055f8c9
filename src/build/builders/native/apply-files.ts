import type { CopyInstruction, Instruction, Location } from '../../../dockerfile/index.ts'
import { formatLocation, invalid } from '../../../dockerfile/index.ts'
import type { ToolError } from '../../../errors/index.ts'
import { makeDirectories, type Owner } from './copy-files.ts'
import { copySources } from './copy-sources.ts'
import { emptyTree, type FileTree } from './file-tree.ts'
import { createOverlay, type Overlay } from './overlay.ts'
import { copyLine } from './history.ts'
import type { NativeBuild } from './native-build.ts'
import { isNumericOwner, maxId, resolveOwner } from './owner.ts'
import { resolvePath } from './resolve-path.ts'
import type { StageBuild } from './stage-build.ts'
import type { StageFiles, StageState } from './stage-state.ts'

/**
 * Does COPY or ADD.
 * @throws BUILD_SOURCE_MISSING, BUILD_COPY_CONFLICT, BUILD_FILE_UNSUPPORTED and what reading files throws
 */
export async function applyCopy(
  state: StageState,
  instruction: CopyInstruction & { readonly at: Location },
  within: StageBuild,
): Promise<void> {
  const { build } = within
  const isLinked = instruction.link && instruction.chmod === undefined
  const below = isLinked ? emptyTree : await state.files.load()
  const overlay = createOverlay(below)
  const owner = await ownerFor(instruction.chown, { tree: below, at: instruction.at, build })
  const destination = absolutePath(state.config.WorkingDir, instruction.destination)
  await copySources(overlay, { ...instruction, destination, ...(owner === undefined ? {} : { owner }) }, within)
  await commitFiles(state, { below, overlay, isLinked, instruction, line: copyLine(instruction) }, build)
}

/** Does WORKDIR: the directory is made, owned by the current user. */
export async function applyWorkdir(
  state: StageState,
  instruction: Instruction & { readonly kind: 'workdir' },
  { build }: StageBuild,
): Promise<void> {
  const folder = absolutePath(state.config.WorkingDir, instruction.value).replace(/(.)\/$/, '$1')
  state.config = { ...state.config, WorkingDir: folder }
  const line = `WORKDIR ${folder}`
  if (folder === '/') {
    addHistory(state, line, { isEmpty: true, build })
    return
  }
  const below = await state.files.load()
  const overlay = createOverlay(below)
  const owner = await ownerFor(state.config.User, { tree: below, at: instruction.at, build })
  const options = { mtimeSeconds: build.times.fixed, ...(owner === undefined ? {} : { owner }) }
  makeDirectories(overlay, resolvePath(overlay, folder), options)
  await commitFiles(state, { below, overlay, isLinked: false, instruction, line }, build)
}

/** Adds a line to the history. */
export function addHistory(
  state: StageState,
  line: string | undefined,
  { isEmpty, build }: { readonly isEmpty: boolean; readonly build: NativeBuild },
): void {
  if (line === undefined) return
  const entry = { created: build.times.created, created_by: line, comment: 'buildkit.dockerfile.v0' }
  state.history = [...state.history, isEmpty ? { ...entry, empty_layer: true } : entry]
}

interface FilesDone {
  readonly below: FileTree
  readonly overlay: Overlay
  readonly isLinked: boolean
  readonly instruction: Instruction
  readonly line: string
}

/** Makes the layer; where nothing has changed there is none, and the history says so. */
async function commitFiles(state: StageState, done: FilesDone, build: NativeBuild): Promise<void> {
  const { below, overlay, instruction, line } = done
  const made = await build.layers.make({ before: below, after: overlay }, build.signal)
  addHistory(state, line, { isEmpty: made === undefined, build })
  state.files = done.isLinked ? linkedFiles(state.files, overlay) : knownFiles(overlay)
  const text = line.replace(/ # buildkit$/, '')
  build.report(text)
  if (made === undefined) return
  state.layers = [...state.layers, made.layer]
  const from = `${formatLocation(instruction.at)}: ${text}`
  if (made.programs.length > 0) state.programs = [...state.programs, { programs: made.programs, from }]
}

function knownFiles(tree: FileTree): StageFiles {
  return { load: async () => Promise.resolve(tree), known: tree }
}

/** Files that were put together without looking at what is below them. */
function linkedFiles(files: StageFiles, linked: Overlay): StageFiles {
  let loading: Promise<FileTree> | undefined
  return {
    load: () => (loading ??= files.load().then((tree) => laidOver(tree, linked))),
    known: laidOver(files.known, linked),
  }
}

function laidOver(tree: FileTree, linked: Overlay): FileTree {
  const overlay = createOverlay(tree)
  for (const [path, node] of linked.changes()) overlay.set(path, node)
  return overlay
}

/** Relative to the working directory; a slash or dot at the end stays as a slash. */
function absolutePath(workingFolder: string | undefined, path: string): string {
  const whole = path.startsWith('/') ? path : `${workingFolder ?? '/'}/${path}`
  const parts: string[] = []
  for (const part of whole.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  const isFolder = /(?:^|\/)\.?$/.test(path)
  return parts.length === 0 ? '/' : `/${parts.join('/')}${isFolder ? '/' : ''}`
}

async function ownerFor(
  text: string | undefined,
  { tree, at, build }: { readonly tree: FileTree; readonly at: Location; readonly build: NativeBuild },
): Promise<Owner | undefined> {
  if (text === undefined || text === '') return undefined
  const { owner, unknown } = await resolveOwner(text, isNumericOwner(text) ? emptyTree : tree, build.signal)
  for (const name of unknown) {
    if (tree === emptyTree) throw noNames(name, at)
    build.warn(
      `${formatLocation(at)}: the image does not know "${name}", so that root owns the files, as with docker`,
      'use a number, or start from a base image whose /etc/passwd and /etc/group have the name',
    )
  }
  return owner
}

/** Docker refuses this too, and in other words. */
function noNames(name: string, at: Location): ToolError {
  if (/^\d+$/.test(name)) return invalid(at, `${name} is no id of a user or group`, `use one up to ${maxId}`)
  const problem = `there are no users or groups to find "${name}" among: nothing is there yet, or --link does not look`
  return invalid(at, problem, 'use a number')
}

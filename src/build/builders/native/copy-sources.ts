import {
  findOrigin,
  invalid,
  isGitSource,
  isUrlSource,
  type CopyInstruction,
  type Heredoc,
  type Location,
} from '../../../dockerfile/index.ts'
import { ToolError } from '../../../errors/index.ts'
import { hasWildcards } from '../../../support/index.ts'
import { parseIgnoreFile } from '../../../workspace/index.ts'
import type { BaseImage } from './base-image.ts'
import { bytesContent } from './contents.ts'
import { copyFiles, type CopyOptions, type Owner } from './copy-files.ts'
import { downloadFile, fileNameOf } from './download-file.ts'
import { parseMode } from './file-mode.ts'
import { baseOf, cleanPath, joinPath, treeOf, type FileNode, type FileTree } from './file-tree.ts'
import type { Overlay } from './overlay.ts'
import { absoluteName } from './image-store.ts'
import { latestTimes } from './latest-times.ts'
import { isMalformed, matchSources, splitPattern } from './match-sources.ts'
import { missingSource } from './missing-source.ts'
import type { NativeBuild } from './native-build.ts'
import { resolvePath } from './resolve-path.ts'
import type { StageBuild } from './stage-build.ts'
import { unpackArchive } from './unpack-archive.ts'

/** COPY or ADD with everything found out but its sources. */
export interface CopyTask extends CopyInstruction {
  readonly at: Location
  /** Absolute. */
  readonly destination: string
  readonly owner?: Owner
}

interface Copying {
  readonly overlay: Overlay
  readonly task: CopyTask
  readonly within: StageBuild
  readonly options: CopyOptions
}

/** Copies all sources, in their order. */
export async function copySources(overlay: Overlay, task: CopyTask, within: StageBuild): Promise<void> {
  const copying: Copying = { overlay, task, within, options: optionsFor(task, within) }
  checkChecksum(task)
  const local = task.sources.filter((source) => !isRemote(task, source) && !isGit(task, source))
  for (const source of local.filter((one) => isMalformed(one, task.from === undefined))) {
    throw invalid(
      task.at,
      `${source} is no pattern`,
      'end the class with "]", write its ranges from the lower character to the higher one, or write [[] for the character itself',
    )
  }
  const tree = local.length === 0 ? undefined : await sourceTree(task, within)
  for (const source of task.sources) {
    if (isGit(task, source)) await addRepository(copying, source)
    else if (isRemote(task, source)) await addUrl(copying, source)
    else if (tree !== undefined) await copyLocal(copying, source, tree)
  }
  for (const heredoc of task.heredocs) copyHeredoc(copying, heredoc)
  checkKinds(copying)
}

function isGit(task: CopyTask, source: string): boolean {
  return task.kind === 'add' && task.from === undefined && isGitSource(source)
}

function isRemote(task: CopyTask, source: string): boolean {
  if (!isUrlSource(source) || task.from !== undefined) return false
  if (task.kind === 'add') return true
  throw invalid(task.at, `COPY does not fetch ${source}`, 'use ADD')
}

function optionsFor(task: CopyTask, { build }: StageBuild): CopyOptions {
  const changeMode = task.chmod === undefined ? undefined : parseMode(task.chmod)
  if (task.chmod !== undefined && changeMode === undefined) {
    throw invalid(task.at, `--chmod=${task.chmod} is no mode`, 'write it like 755 or u=rwX,go=rX')
  }
  const excluded = task.exclude.length === 0 ? undefined : matcherOf(task.exclude)
  return {
    mtimeSeconds: build.times.fixed,
    ...(task.owner === undefined ? {} : { owner: task.owner }),
    ...(changeMode === undefined ? {} : { changeMode }),
    ...(excluded === undefined ? {} : { isExcluded: excluded }),
  }
}

/** The patterns of `.dockerignore`, here for `--exclude` and `--parents`. */
function matcherOf(patterns: readonly string[]): (path: string, isDirectory: boolean) => boolean {
  const rules = parseIgnoreFile(patterns.map((pattern) => pattern.replace(/^#/, './#')).join('\n'))
  return (path, isDirectory) => rules.isIgnored(path, isDirectory)
}

async function sourceTree(task: CopyTask, { build, stage, stageAt }: StageBuild): Promise<FileTree> {
  if (task.from === undefined) return build.context.load()
  const origin = findOrigin(task.from, stage, { stages: build.plan.stages, at: task.at })
  if (origin.kind === 'scratch') return treeOf([])
  const files =
    origin.kind === 'stage'
      ? (await stageAt(origin.index)).files.load()
      : (await loadImage(origin.name, build)).files(build.signal)
  return latestTimes(await files, build.times.latest)
}

/** For the platform that is built for, also in a stage for another one. */
async function loadImage(name: string, { images, context, plan, signal }: NativeBuild): Promise<BaseImage> {
  return images.load(absoluteName(name, context.folder), plan.wanted.platform, signal)
}

async function copyLocal(copying: Copying, source: string, tree: FileTree): Promise<void> {
  const { overlay, task, options } = copying
  if (task.parents) {
    copyWithParents(copying, source, tree)
    return
  }
  const isPattern = hasWildcards(source)
  const paths = matchSources(tree, source) ?? [splitPattern(source).folder]
  for (const path of paths) {
    const node = tree.get(resolvePath(tree, path))
    if (node === undefined) throw missingSource(copying.within.build, task, { source, tree, path })
    if (isPattern && node.kind !== 'directory' && options.isExcluded?.(baseOf(path), false) === true) continue
    if (mayUnpack(task) && node.content !== undefined) {
      if (await unpackArchive(overlay, node.content, unpackTask(copying, path))) continue
    }
    copyFiles(overlay, { source: tree, path, destination: task.destination }, options)
  }
}

function mayUnpack(task: CopyTask): boolean {
  return task.kind === 'add' && task.unpack !== false
}

/** `--parents`: what follows the pivot `/./`, or everything, is made again at the destination. */
function copyWithParents(copying: Copying, source: string, tree: FileTree): void {
  const { overlay, task, options, within } = copying
  const pivot = source.indexOf('/./')
  const [base, pattern] =
    pivot === -1 ? ['', cleanPath(source)] : [source.slice(0, pivot), cleanPath(source.slice(pivot + 3))]
  const isPattern = hasWildcards(base) || hasWildcards(pattern)
  if (!isPattern && tree.get(resolvePath(tree, joinPath(cleanPath(base), pattern))) === undefined) {
    throw missingSource(within.build, task, { source, tree, path: joinPath(cleanPath(base), pattern) })
  }
  const isIncluded = pattern === '' ? undefined : matcherOf([pattern])
  for (const path of matchSources(tree, base) ?? []) {
    const request = { source: tree, path, destination: task.destination.replace(/\/?$/, '/') }
    copyFiles(overlay, request, { ...options, ...(isIncluded === undefined ? {} : { isIncluded }) })
  }
}

function unpackTask({ task, within: { build } }: Copying, name: string): Parameters<typeof unpackArchive>[2] {
  return {
    name,
    destination: task.destination,
    mtimeSeconds: build.times.fixed,
    latest: build.times.latest,
    workFolder: build.workFolder,
    signal: build.signal,
    ...(task.owner === undefined ? {} : { owner: task.owner }),
  }
}

/** What is in the repository, into a folder. */
async function addRepository({ overlay, task, options, within }: Copying, url: string): Promise<void> {
  const { checksum, keepGitFolder = false } = task
  const request = { url, keepsGitFolder: keepGitFolder, ...(checksum === undefined ? {} : { checksum }) }
  const source = await within.build.loadGit(request)
  copyFiles(overlay, { source, path: '', destination: task.destination }, options)
}

async function addUrl(copying: Copying, url: string): Promise<void> {
  const { overlay, task, options, within } = copying
  const { withHttp, workFolder, signal, times } = within.build
  const download = { url, checksum: task.checksum }
  const content = await withHttp(async (http) => downloadFile(download, { http, workFolder, signal }))
  if (task.unpack === true && (await unpackArchive(overlay, content, unpackTask(copying, url)))) return
  const name = fileNameOf(url)
  const source = treeOf([[name, { kind: 'file', mode: 0o600, uid: 0, gid: 0, mtimeSeconds: times.fixed, content }]])
  copyFiles(overlay, { source, path: name, destination: task.destination }, options)
}

function copyHeredoc({ overlay, task, options, within }: Copying, heredoc: Heredoc): void {
  const content = bytesContent(new TextEncoder().encode(heredoc.content))
  const { fixed } = within.build.times
  const name = cleanPath(heredoc.name)
  const source = treeOf([[name, { kind: 'file', mode: 0o644, uid: 0, gid: 0, mtimeSeconds: fixed, content }]])
  copyFiles(overlay, { source, path: name, destination: task.destination }, options)
}

function checkChecksum(task: CopyTask): void {
  if (task.checksum === undefined) return
  const [source = '', ...others] = task.sources
  const isGitCommit = isGit(task, source) && /^[0-9a-f]{7,64}$/.test(task.checksum)
  if (others.length + task.heredocs.length > 0 || !(isUrlSource(source) || isGit(task, source))) {
    throw invalid(task.at, '--checksum is for one URL', 'give every URL an ADD of its own')
  }
  if (isGitCommit) return
  if (!/^sha256:[0-9a-f]{64}$/.test(task.checksum)) {
    throw invalid(
      task.at,
      `--checksum=${task.checksum} is no digest`,
      'write it as sha256: and 64 digits, and that of a repository as its commit',
    )
  }
}

function checkKinds({ overlay, task }: Copying): void {
  if (task.from !== undefined) return
  for (const [path, node] of overlay.settings()) checkKind(path, node)
  // what has a stamp has nothing but files in it
  if (overlay.grafts().every((graft) => graft.stamp() !== undefined)) return
  for (const { path, node } of overlay.grafted()) checkKind(path, node)
}

function checkKind(path: string, node: FileNode): void {
  if (node.kind !== 'fifo' || node.copy === undefined) return
  const problem = `the file that goes to /${path} is a pipe, a socket or a device`
  throw new ToolError('BUILD_FILE_UNSUPPORTED', problem, { hint: 'leave it out with .dockerignore or --exclude' })
}

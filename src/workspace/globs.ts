import { readdirSync, statSync, type Stats } from 'node:fs'
import { isAbsolute, join, resolve, sep } from 'node:path'
import { ToolError } from '../errors/index.ts'
import { compileGoPattern } from '../support/index.ts'

/** How globs are expanded. */
export interface ExpandGlobsOptions {
  /** What to do with a pattern that matches nothing: `error` when absent. */
  readonly whenNone?: 'error' | 'nothing'
  /**
   * How names of files end that count, unless a file was named without a pattern; those of Kubernetes manifests when
   * absent, as in Skaffold.
   */
  readonly extensions?: readonly string[] | 'any'
}

const manifestExtensions = ['.yaml', '.yml', '.json']

/**
 * The files that globs match: `*`, `?` and `[…]` stay in one folder, `**` goes through any number; files and folders
 * whose names begin with a dot are matched too. A pattern that is the name of a file is that file. A folder stands for all
 * files in it.
 *
 * @param folder absolute path that relative patterns start from
 * @returns absolute paths in the order of the patterns, each once; those of one pattern are sorted
 * @throws WORKSPACE_NO_MATCH for a pattern without files
 * @see https://pkg.go.dev/path/filepath#Glob, which has no `**`
 */
export async function expandGlobs(
  folder: string,
  patterns: readonly string[],
  options: ExpandGlobsOptions = {},
): Promise<readonly string[]> {
  const found = new Set<string>()
  const extensions = options.extensions ?? manifestExtensions
  const counts = (path: string): boolean => extensions === 'any' || extensions.some((end) => path.endsWith(end))
  for (const pattern of patterns) {
    const matches = expandGlob(folder, pattern, counts)
    if (matches.length === 0 && options.whenNone !== 'nothing') throw noMatch(folder, pattern)
    for (const match of matches) found.add(match)
  }
  return Promise.resolve([...found])
}

function expandGlob(folder: string, pattern: string, counts: (path: string) => boolean): readonly string[] {
  const path = resolve(folder, pattern)
  const stats = statOf(path)
  if (stats !== undefined) return stats.isDirectory() ? filesBelow(path).filter(counts) : [path]
  const glob = sep === '\\' ? pattern.replaceAll('\\', '/') : pattern
  const { base, rest } = splitGlob(glob)
  if (rest === '') return []
  const start = isAbsolute(base) ? base : join(folder, base)
  const files = walkGlob(start, rest.split('/')).flatMap(expandMatch)
  return [...new Set(files)].filter(counts).sort()
}

/** The folders before the first part that is a pattern. */
function splitGlob(glob: string): { base: string; rest: string } {
  const parts = glob.split('/')
  const first = parts.findIndex((part) => /[*?[\\]/.test(part))
  if (first < 0) return { base: glob, rest: '' }
  const base = parts.slice(0, first).join('/')
  return { base: glob.startsWith('/') && base === '' ? '/' : base, rest: parts.slice(first).join('/') }
}

/** Folder by folder, so that only what can match is read. */
function walkGlob(folder: string, parts: readonly string[]): readonly string[] {
  const [part = '', ...rest] = parts
  if (parts.length === 0) return [folder]
  if (part === '' || part === '.') return walkGlob(folder, rest)
  if (part === '..') return walkGlob(join(folder, '..'), rest)
  if (part === '**') {
    const deeper = namesIn(folder).filter(({ isDirectory }) => isDirectory)
    return [...walkGlob(folder, rest), ...deeper.flatMap(({ name }) => walkGlob(join(folder, name), parts))]
  }
  const matches = compileGoPattern(part)
  if (matches === undefined) throw malformed(part)
  const names = namesIn(folder).filter(({ name }) => matches(name))
  if (rest.length === 0) return names.map(({ name }) => join(folder, name))
  return names.flatMap(({ name }) => (isFolder(join(folder, name)) ? walkGlob(join(folder, name), rest) : []))
}

function expandMatch(path: string): readonly string[] {
  return isFolder(path) ? filesBelow(path) : [path]
}

/** Without following links to folders. */
function filesBelow(folder: string): readonly string[] {
  return namesIn(folder)
    .flatMap(({ name, isDirectory }) => (isDirectory ? filesBelow(join(folder, name)) : [join(folder, name)]))
    .sort()
}

function namesIn(folder: string): readonly { readonly name: string; readonly isDirectory: boolean }[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    return entries.map((entry) => ({ name: entry.name, isDirectory: entry.isDirectory() }))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return []
    throw error
  }
}

function isFolder(path: string): boolean {
  return statOf(path)?.isDirectory() === true
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

function malformed(part: string): ToolError {
  return new ToolError(
    'WORKSPACE_NO_MATCH',
    `the pattern ${JSON.stringify(part)} is not valid, so it matches no file`,
    {
      hint: 'close its brackets, or put a backslash in front of characters that are meant as they are',
    },
  )
}

function noMatch(folder: string, pattern: string): ToolError {
  const isPattern = /[*?[]/.test(pattern)
  return new ToolError(
    'WORKSPACE_NO_MATCH',
    isPattern ? `no file in ${folder} matches ${pattern}` : `there is no file ${resolve(folder, pattern)}`,
    { hint: `correct the pattern, which is relative to ${folder}` },
  )
}

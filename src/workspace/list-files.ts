import { dirname, isAbsolute, join, posix } from 'node:path'
import { listContext } from './context.ts'
import type { ContextFile } from './context-file.ts'
import { expandGlobs } from './globs.ts'
import { compilePattern } from './ignore-pattern.ts'
import { parseIgnorePatterns } from './ignore.ts'

/** Which files are meant. */
export interface ListFilesOptions {
  /** Files, folders and globs relative to the folder; a folder stands for everything in it. */
  readonly paths: readonly string[]
  /** Patterns as in .dockerignore. */
  readonly ignore?: readonly string[]
  readonly signal?: AbortSignal
}

/**
 * Lists files by patterns, and with them the folders where a new file would count.
 * @returns absolute paths, sorted
 * @throws WORKSPACE_NO_MATCH for a pattern without files
 * @throws WORKSPACE_IGNORE_INVALID
 */
export async function listFiles(folder: string, options: ListFilesOptions): Promise<readonly string[]> {
  const { paths, ignore = [], signal } = options
  const found = new Set<string>()
  const inside = paths.filter((path) => isInside(path))
  if (inside.length > 0) {
    const rules = parseIgnorePatterns(ignore, 'ignore')
    const files = await listContext(folder, { ignore: rules, ...(signal === undefined ? {} : { signal }) })
    for (const pattern of inside) await addInside(found, { folder, pattern, files })
  }
  const outside = paths.filter((path) => !isInside(path))
  for (const path of await expandGlobs(folder, outside, { extensions: 'any' })) addWithFolder(found, path)
  return [...found].sort()
}

interface Matching {
  readonly folder: string
  readonly pattern: string
  readonly files: readonly ContextFile[]
}

async function addInside(found: Set<string>, { folder, pattern, files }: Matching): Promise<void> {
  const clean = posix.normalize(pattern).replace(/(?<=.)\/$/, '')
  const matches = clean === '.' ? () => true : matchWithParents(clean)
  const matched = files.filter(({ path }) => matches(path))
  // All that it matches may be ignored; when there is nothing at all, this says so.
  if (matched.length === 0) await expandGlobs(folder, [pattern], { extensions: 'any' })
  if (clean === '.') found.add(folder)
  for (const { absolutePath } of matched) addWithFolder(found, absolutePath)
}

function matchWithParents(pattern: string): (path: string) => boolean {
  const matches = compilePattern(pattern) ?? ((path) => path === pattern)
  return (path) => {
    const parts = path.split('/')
    return parts.some((_, index) => matches(parts.slice(0, index + 1).join('/')))
  }
}

function addWithFolder(found: Set<string>, path: string): void {
  found.add(path)
  found.add(dirname(path))
}

function isInside(path: string): boolean {
  return !isAbsolute(path) && !posix.normalize(join(path)).startsWith('..')
}

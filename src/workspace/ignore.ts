import { posix } from 'node:path'
import { ToolError } from '../errors/index.ts'
import { compilePattern, type IgnorePattern } from './ignore-pattern.ts'

/** What an ignore file says about paths below its folder, written `a/b`. */
export interface IgnoreRules {
  /** Directories are told apart only to remember what was found out about them. */
  isIgnored(path: string, isDirectory: boolean): boolean
  /** Whether everything in an ignored directory is ignored too, so that nobody has to look into it. */
  isIgnoredWhole(directory: string): boolean
}

/** What was found out about a directory, by pattern. */
type Verdicts = readonly boolean[]

/**
 * Reads a .dockerignore file: a pattern per line, `#` in the first column for comments, `!` for exceptions; the last
 * pattern that matches decides, and what matches a directory matches everything in it.
 * @throws WORKSPACE_IGNORE_INVALID with the line
 * @see https://docs.docker.com/build/concepts/context/#dockerignore-files
 */
export function parseIgnoreFile(text: string, file = '.dockerignore'): IgnoreRules {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  return parseIgnorePatterns(
    lines.map((line) => (line.startsWith('#') ? '' : line)),
    file,
  )
}

/**
 * The same for a list of patterns, in which `#` means nothing.
 * @throws WORKSPACE_IGNORE_INVALID with the number of the pattern
 */
export function parseIgnorePatterns(patterns: readonly string[], where: string): IgnoreRules {
  const written = patterns.map((pattern) => pattern.trim())
  return createRules(
    written.flatMap((pattern, index) => (pattern === '' ? [] : [parsePattern(pattern, `${where}:${index + 1}`)])),
  )
}

function parsePattern(written: string, where: string): IgnorePattern {
  const isException = written.startsWith('!')
  const text = clean(isException ? written.slice(1).trim() : written)
  // A `/` on its own is Docker's empty pattern after `!`.
  const matches = isException && (text === '' || text === '/') ? undefined : compilePattern(text)
  if (matches !== undefined) return { isException, text, matches }
  throw new ToolError('WORKSPACE_IGNORE_INVALID', `the pattern ${JSON.stringify(written)} is not valid`, {
    where,
    hint: 'close its brackets, or put a backslash in front of characters that are meant as they are',
  })
}

/** Go's filepath.Clean, and no slash in front. */
function clean(path: string): string {
  if (path === '') return ''
  const normal = posix.normalize(path)
  const withoutEnd = normal.length > 1 ? normal.replace(/\/$/, '') : normal
  return withoutEnd.length > 1 ? withoutEnd.replace(/^\//, '') : withoutEnd
}

function createRules(patterns: readonly IgnorePattern[]): IgnoreRules {
  const exceptions = patterns.filter((pattern) => pattern.isException).map((pattern) => withoutGlob(pattern.text))
  const canPrune = !exceptions.some((text) => /[*[\]?^\\]/.test(text))
  const known = new Map<string, Verdicts>()
  const verdictsOf = (directory: string): Verdicts => {
    const found = known.get(directory)
    if (found !== undefined) return found
    const verdicts: boolean[] = []
    judge(patterns, directory, { parent: parentOf(directory), verdicts })
    known.set(directory, verdicts)
    return verdicts
  }
  const parentOf = (path: string): Verdicts | undefined => {
    const slash = path.lastIndexOf('/')
    return slash < 0 ? undefined : verdictsOf(path.slice(0, slash))
  }
  return {
    isIgnored(path, isDirectory) {
      if (patterns.length === 0) return false
      const verdicts: boolean[] | undefined = isDirectory ? [] : undefined
      const isIgnored = judge(patterns, path, { parent: parentOf(path), verdicts })
      if (verdicts !== undefined) known.set(path, verdicts)
      return isIgnored
    },
    isIgnoredWhole: (directory) =>
      canPrune && !exceptions.some((exception) => `${exception}/`.startsWith(`${directory}/`)),
  }
}

/**
 * Docker's walk: a pattern that matched the parent matches; others are tried only when they could change the outcome. The
 * order of these two matters for patterns that come after exceptions.
 */
function judge(
  patterns: readonly IgnorePattern[],
  path: string,
  { parent, verdicts }: { readonly parent: Verdicts | undefined; readonly verdicts: boolean[] | undefined },
): boolean {
  let isIgnored = false
  patterns.forEach((pattern, index) => {
    const isMatch = parent?.[index] === true || (pattern.isException === isIgnored && pattern.matches(path))
    verdicts?.push(isMatch)
    if (isMatch) isIgnored = !pattern.isException
  })
  return isIgnored
}

/** All of a directory's content is, for what has to be walked, the directory. */
function withoutGlob(text: string): string {
  return text.replace(/\/\*\*$/, '').replace(/\/\*$/, '')
}

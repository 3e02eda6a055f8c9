import { ToolError, type ErrorCode } from '../errors/index.ts'
import { placeOf, type Source } from './source.ts'

/** One thing that is wrong with a configuration. */
export interface Problem {
  readonly code: ErrorCode
  readonly message: string
  /** Offset in the file. */
  readonly at: number
  readonly hint?: string
}

const mostListed = 20

/**
 * Throws when there are problems: one error for all of them, in the order in which they stand in the file; code, place
 * and hint are those of the first.
 */
export function throwProblems(source: Source, found: readonly Problem[]): void {
  const problems = distinct(found)
  const [first] = problems
  if (first === undefined) return
  const lines = problems.slice(0, mostListed).map(({ at, message }) => `\n  ${placeOf(source, at)}: ${message}`)
  if (problems.length > mostListed) lines.push(`\n  and ${problems.length - mostListed} more`)
  const message =
    problems.length === 1 ? first.message : `${source.file} has ${problems.length} problems:${lines.join('')}`
  throw new ToolError(first.code, message, {
    where: placeOf(source, first.at),
    ...(first.hint === undefined ? {} : { hint: first.hint }),
  })
}

/** What an alias repeats is said once. */
function distinct(problems: readonly Problem[]): readonly Problem[] {
  const sorted = [...problems].sort((a, b) => a.at - b.at)
  return sorted.filter(
    (problem, index) => sorted.findIndex((other) => other.at === problem.at && other.code === problem.code) === index,
  )
}

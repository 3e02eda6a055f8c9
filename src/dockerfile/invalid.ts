import { ToolError } from '../errors/index.ts'
import type { Location } from './types.ts'

/** A mistake in a Dockerfile, with its place in front. */
export function invalid(at: Location, problem: string, hint?: string): ToolError {
  return new ToolError('DOCKERFILE_INVALID', `${formatLocation(at)}: ${problem}`, {
    where: formatLocation(at),
    ...(hint === undefined ? {} : { hint }),
  })
}

/** `file:line`. */
export function formatLocation(at: Location): string {
  return `${at.file}:${at.line}`
}

import { isToolError } from '../errors/index.ts'
import { readWritten } from './documents.ts'

/**
 * The version of a file's text when it can be read as a configuration, that of its first document; undefined when it is
 * something else, or has mistakes.
 */
export function findVersion(text: string, file: string): string | undefined {
  if (!text.includes('skaffold/')) return undefined
  try {
    return readWritten(file, text)[0]?.version
  } catch (error) {
    if (isToolError(error)) return undefined
    throw error
  }
}

import { resolve } from 'node:path'
import { ToolError } from '../../errors/index.ts'
import { formatReference, parseReference } from '../../reference/index.ts'
import { formatLocation, parseLocation, type Location } from '../../transfer/index.ts'

/** The whole name of a list, with docker's tag when it has none. */
export function listName(text: string): string {
  const reference = parseReference(text)
  if (reference.digest !== undefined) {
    throw new ToolError('REFERENCE_INVALID', `a manifest list is pushed under a tag, and "${text}" has a digest`, {
      hint: 'name it registry/repository:tag',
    })
  }
  return formatReference({ ...reference, tag: reference.tag ?? 'latest' })
}

/** A source in its whole length: two spellings of one place are one. */
export function wholeLocation(text: string, cwd: string): Location {
  const location = parseLocation(text)
  if (location.kind === 'registry') {
    const { reference } = location
    const isNamed = reference.tag !== undefined || reference.digest !== undefined
    return isNamed ? location : { kind: 'registry', reference: { ...reference, tag: 'latest' } }
  }
  return 'path' in location ? { ...location, path: resolve(cwd, location.path) } : location
}

/** {@link wholeLocation} as text. */
export function wholeName(text: string, cwd: string): string {
  return formatLocation(wholeLocation(text, cwd))
}

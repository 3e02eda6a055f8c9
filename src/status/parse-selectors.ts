import * as v from 'valibot'
import { ToolError } from '../errors/index.ts'
import type { StatusSelector } from './custom-kinds.ts'

const pattern = v.pipe(v.optional(v.string(), ''), v.transform(toPattern))

/** @see https://skaffold.dev/docs/references/cli/ (--status-check-selectors) */
const fileSchema = v.object({ selectors: v.array(v.object({ group: pattern, kind: pattern })) })

/**
 * Reads which custom kinds are waited for: `{"selectors": [{"group": "my.domain", "kind": "MyCRD"}]}`, both as regular
 * expressions.
 * @throws USAGE
 */
export function parseStatusSelectors(text: string, file: string): readonly StatusSelector[] {
  try {
    return v.parse(fileSchema, JSON.parse(text)).selectors
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new ToolError('USAGE', `--status-check-selectors: ${file} is no file of selectors: ${why}`, {
      hint: 'write {"selectors": [{"group": "my.domain", "kind": "MyKind"}]}',
      cause: error,
    })
  }
}

function toPattern(text: string): RegExp {
  return new RegExp(text)
}

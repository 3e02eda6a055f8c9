import type { RunInstruction } from './types.ts'

/** Files that a RUN sees while it runs, from the build context, a stage or an image. */
export interface BindMount {
  /** A stage by name or number, or an image; absent: the build context. */
  readonly from?: string
  /** Relative to its root. */
  readonly source: string
}

/**
 * The bind mounts of a RUN, variables not replaced. Caches and temporary files come from nowhere, unless a cache starts from
 * a stage.
 * @see https://docs.docker.com/reference/dockerfile/#run---mount
 */
export function bindMounts({ flags }: Pick<RunInstruction, 'flags'>): readonly BindMount[] {
  const mounts = flags.filter((flag) => flag.startsWith('--mount=')).map((flag) => flag.slice('--mount='.length))
  return mounts.flatMap((text) => {
    const fields = new Map(text.split(',').map((field) => splitField(field)))
    const type = fields.get('type') ?? 'bind'
    const from = fields.get('from')
    if (type !== 'bind' && !(type === 'cache' && from !== undefined)) return []
    const source = fields.get('source') ?? fields.get('src') ?? '.'
    return [{ source, ...(from === undefined ? {} : { from }) }]
  })
}

/** Quotes around a whole field belong to the CSV that the flag is. */
function splitField(field: string): readonly [string, string] {
  const plain = field.trim().replace(/^"(.*)"$/, '$1')
  const at = plain.indexOf('=')
  return at === -1 ? [plain.toLowerCase(), ''] : [plain.slice(0, at).toLowerCase(), plain.slice(at + 1)]
}

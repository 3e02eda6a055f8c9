import { isNull, type Node } from './node.ts'
import { placeOf, type Source } from './source.ts'
import { renderTemplate } from './template/render-template.ts'

/** What a configuration's templates may use, and what it is one of. */
export interface BuildOptions {
  readonly source: Source
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cmd?: (argv: readonly string[]) => string
  readonly now?: () => Date
  /** The only document of its file: the default renderer is for those. */
  readonly isAlone: boolean
}

/** The text of a scalar, its template rendered; undefined for null. `strict`: a missing key is an error. */
export function renderNode(
  node: Node | undefined,
  { source, env, cmd, now }: BuildOptions,
  strict = false,
): string | undefined {
  if (node?.kind !== 'scalar' || isNull(node)) return undefined
  return renderTemplate(node.text, env, {
    strict,
    where: placeOf(source, node.at),
    ...(cmd === undefined ? {} : { cmd }),
    ...(now === undefined ? {} : { now }),
  })
}

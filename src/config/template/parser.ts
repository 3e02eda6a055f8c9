import { splitTemplate } from './lexer.ts'
import { unquote } from './literal.ts'
import { parsePipe, type Pipe } from './parse-pipe.ts'
import { TemplateError } from './template-error.ts'
import { mostNested, TokenReader } from './token-reader.ts'

/** A part of a parsed template. */
export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'output'; readonly pipe: Pipe }
  | { readonly kind: 'break' }
  | { readonly kind: 'continue' }
  | { readonly kind: 'template'; readonly name: string; readonly pipe: Pipe | undefined; readonly at: number }
  | Branch

/** A template with those that it defines for itself. */
export interface Template {
  readonly nodes: readonly TemplateNode[]
  readonly definitions: ReadonlyMap<string, readonly TemplateNode[]>
}

/** `if`, `with` or `range`. */
export interface Branch {
  readonly kind: 'if' | 'range' | 'with'
  readonly pipe: Pipe
  readonly body: readonly TemplateNode[]
  readonly otherwise: readonly TemplateNode[]
}

/** Parses a Go template. Throws {@link TemplateError}. */
export function parseTemplate(text: string): Template {
  const root: TemplateNode[] = []
  const open: OpenBranch[] = []
  const definitions = new Map<string, readonly TemplateNode[]>()
  let nodes: TemplateNode[] = root
  for (const segment of splitTemplate(text)) {
    if (segment.kind === 'text') nodes.push(segment)
    else nodes = takeAction({ open, nodes, definitions }, new TokenReader(segment.tokens, segment.at))
    if (open.length > mostNested) throw new TemplateError('it is nested too deeply', open.at(-1)?.at ?? 0)
  }
  const last = open.at(-1)
  if (last !== undefined) throw new TemplateError(`unexpected EOF: \`${last.kind}\` has no \`end\``, last.at)
  return { nodes: root, definitions }
}

interface OpenBranch {
  readonly kind: Branch['kind'] | 'block' | 'define'
  readonly at: number
  readonly otherwise: TemplateNode[]
  /** The list that goes on after `end`. */
  readonly after: TemplateNode[]
  /** Opened by `else if`: closed by the same `end` as the branch around it. */
  readonly chained: boolean
  hasElse: boolean
}

interface Place {
  readonly open: OpenBranch[]
  readonly nodes: TemplateNode[]
  readonly definitions: Map<string, readonly TemplateNode[]>
}

/** Adds one action; gives the list that the next segment belongs to. */
function takeAction(place: Place, reader: TokenReader): TemplateNode[] {
  const word = reader.peek()
  const keyword = word?.kind === 'word' ? keywords.get(word.text) : undefined
  if (keyword === undefined) {
    place.nodes.push({ kind: 'output', pipe: parsePipe(reader) })
    reader.expectEnd()
    return place.nodes
  }
  reader.next()
  return keyword(place, reader)
}

type Keyword = (place: Place, reader: TokenReader) => TemplateNode[]

const keywords: ReadonlyMap<string, Keyword> = new Map<string, Keyword>([
  ['block', (place, reader) => openDefinition(place, 'block', reader)],
  ['break', (place, reader) => leaveLoop(place, reader, 'break')],
  ['continue', (place, reader) => leaveLoop(place, reader, 'continue')],
  ['define', (place, reader) => openDefinition(place, 'define', reader)],
  ['else', takeElse],
  ['end', closeBranch],
  ['if', (place, reader) => openBranch(place, 'if', { reader, chained: false })],
  ['range', (place, reader) => openBranch(place, 'range', { reader, chained: false })],
  ['template', callTemplate],
  ['with', (place, reader) => openBranch(place, 'with', { reader, chained: false })],
])

function leaveLoop(place: Place, reader: TokenReader, kind: 'break' | 'continue'): TemplateNode[] {
  reader.expectEnd()
  const inside = place.open.slice(place.open.findLastIndex(({ kind }) => kind === 'define' || kind === 'block') + 1)
  if (!inside.some((branch) => branch.kind === 'range')) reader.fail(`\`${kind}\` stands outside of \`range\``)
  place.nodes.push({ kind })
  return place.nodes
}

function openBranch(
  place: Place,
  kind: Branch['kind'],
  { reader, chained }: { readonly reader: TokenReader; readonly chained: boolean },
): TemplateNode[] {
  const pipe = parsePipe(reader, kind === 'range' ? 2 : 1)
  reader.expectEnd()
  const body: TemplateNode[] = []
  const otherwise: TemplateNode[] = []
  place.nodes.push({ kind, pipe, body, otherwise })
  place.open.push({ kind, at: reader.at, otherwise, after: place.nodes, chained, hasElse: false })
  return body
}

/** `define` stands alone; `block` also calls what it defines. */
function openDefinition(place: Place, kind: 'block' | 'define', reader: TokenReader): TemplateNode[] {
  if (kind === 'define' && place.open.length > 0) return reader.fail('unexpected {{define}}')
  const name = takeName(reader, kind)
  const pipe = kind === 'block' ? parsePipe(reader) : undefined
  reader.expectEnd()
  const body: TemplateNode[] = []
  if (!isEmpty(place.definitions.get(name))) {
    return reader.fail(`multiple definition of template ${JSON.stringify(name)}`)
  }
  place.definitions.set(name, body)
  if (kind === 'block') place.nodes.push({ kind: 'template', name, pipe, at: reader.at })
  place.open.push({ kind, at: reader.at, otherwise: [], after: place.nodes, chained: false, hasElse: false })
  return body
}

function isEmpty(nodes: readonly TemplateNode[] | undefined): boolean {
  return nodes === undefined || nodes.every((node) => node.kind === 'text' && node.text.trim() === '')
}

function callTemplate(place: Place, reader: TokenReader): TemplateNode[] {
  const name = takeName(reader, 'template')
  const pipe = reader.peek() === undefined ? undefined : parsePipe(reader)
  reader.expectEnd()
  place.nodes.push({ kind: 'template', name, pipe, at: reader.at })
  return place.nodes
}

function takeName(reader: TokenReader, kind: string): string {
  const token = reader.peek()
  if (token?.kind !== 'string' && token?.kind !== 'raw') return reader.fail(`\`${kind}\` takes a name in quotes`)
  reader.next()
  return String(unquote(token))
}

function takeElse(place: Place, reader: TokenReader): TemplateNode[] {
  const branch = place.open.at(-1)
  if (branch === undefined || branch.kind === 'define' || branch.kind === 'block') {
    return reader.fail('unexpected {{else}}: it stands outside of `if`, `with` and `range`')
  }
  if (branch.hasElse) return reader.fail('a second `else`')
  branch.hasElse = true
  const next = reader.peek()
  if (next?.kind !== 'word' || (next.text !== 'if' && next.text !== 'with')) {
    reader.expectEnd()
    return branch.otherwise
  }
  reader.next()
  return openBranch({ ...place, nodes: branch.otherwise }, next.text, { reader, chained: true })
}

function closeBranch(place: Place, reader: TokenReader): TemplateNode[] {
  reader.expectEnd()
  let branch = place.open.pop()
  if (branch === undefined) return reader.fail('unexpected {{end}}: it closes nothing')
  while (branch.chained) {
    const above = place.open.pop()
    if (above === undefined) break
    branch = above
  }
  return branch.after
}

/** A word of a command line, or the value of a variable. */
export interface Word {
  /** What the program gets. */
  readonly value: string
  /** How it is written at its place: quoted in scripts, with Kubernetes' `$` doubled for what comes from an image. */
  readonly text: string
}

/** Words of a manifest; also those that are added, which need no quotes anywhere. */
export function plainWords(values: readonly string[]): readonly Word[] {
  return values.map((value) => ({ value, text: value }))
}

/** Words of an image, to be written into a manifest, where Kubernetes would replace `$(NAME)` in them. */
export function imageWords(values: readonly string[]): readonly Word[] {
  return values.map((value) => ({ value, text: value.replaceAll(/\$(?=[$(])/g, '$$$$') }))
}

/** How the words are written. */
export function textsOf(words: readonly Word[]): readonly string[] {
  return words.map(({ text }) => text)
}

/** The last part of a program's path. */
export function programName(words: readonly Word[]): string {
  const [first] = words
  return first === undefined ? '' : (first.value.split('/').at(-1) ?? '')
}

/**
 * The words of a shell script that is one simple command, each with the quotes that it was written with. Undefined when
 * the script is more than that: operators, redirections, assignments, several lines.
 */
export function splitScript(script: string): readonly Word[] | undefined {
  const words: Word[] = []
  const text = script.trim()
  let at = 0
  while (at < text.length) {
    const word = readWord(text, at)
    if (word === undefined) return undefined
    words.push(word.word)
    at = word.end
    while (text[at] === ' ' || text[at] === '\t') at += 1
  }
  const [first] = words
  return first === undefined || isNoProgram(first) ? undefined : words
}

/** Whether a script starts with something that is no program's name. */
function isNoProgram({ text }: Word): boolean {
  return /^\w+=/.test(text) || shellWords.has(text)
}

const shellWords: ReadonlySet<string> = new Set(
  '! . : [ [[ case cd eval export for function if read set source trap ulimit umask unset until while {'.split(' '),
)

interface Read {
  readonly word: Word
  readonly end: number
}

function readWord(text: string, start: number): Read | undefined {
  let value = ''
  let at = start
  if (text[at] === '#') return undefined
  while (at < text.length && text[at] !== ' ' && text[at] !== '\t') {
    const piece = readPiece(text, at)
    if (piece === undefined) return undefined
    value += piece.value
    at = piece.end
  }
  return { word: { value, text: text.slice(start, at) }, end: at }
}

interface Piece {
  readonly value: string
  readonly end: number
}

function readPiece(text: string, at: number): Piece | undefined {
  const character = text[at] ?? ''
  if (character === "'") return readSingleQuoted(text, at)
  if (character === '"') return readDoubleQuoted(text, at)
  if (character === '\\') return at + 1 < text.length ? { value: text[at + 1] ?? '', end: at + 2 } : undefined
  if (character === '$' && text[at + 1] === '(') return readSubstitution(text, at)
  return /[;&|<>()`\n\r]/.test(character) ? undefined : { value: character, end: at + 1 }
}

function readSingleQuoted(text: string, at: number): Piece | undefined {
  const end = text.indexOf("'", at + 1)
  return end === -1 ? undefined : { value: text.slice(at + 1, end), end: end + 1 }
}

function readDoubleQuoted(text: string, start: number): Piece | undefined {
  let value = ''
  let at = start + 1
  while (at < text.length && text[at] !== '"') {
    const piece = readQuotedPiece(text, at)
    if (piece === undefined) return undefined
    value += piece.value
    at = piece.end
  }
  return at < text.length ? { value, end: at + 1 } : undefined
}

function readQuotedPiece(text: string, at: number): Piece | undefined {
  const character = text[at] ?? ''
  if (character === '\\' && /["\\$`]/.test(text[at + 1] ?? '')) return { value: text[at + 1] ?? '', end: at + 2 }
  if (character === '$' && text[at + 1] === '(') return readSubstitution(text, at)
  return { value: character, end: at + 1 }
}

/** `$(…)` as it stands: what it becomes is not known here. */
function readSubstitution(text: string, start: number): Piece | undefined {
  let depth = 0
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '(') depth += 1
    if (text[at] === ')') depth -= 1
    if (depth === 0) return { value: text.slice(start, at + 1), end: at + 1 }
  }
  return undefined
}

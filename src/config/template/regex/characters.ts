/** Whether one character is meant. */
export type CharacterTest = (letter: string) => boolean

/** What stands at the beginning of a pattern, and how long it is written. */
export interface ReadCharacters {
  readonly test: CharacterTest
  readonly length: number
}

const kinds: Readonly<Record<string, RegExp>> = { d: /^[0-9]$/, w: /^[0-9A-Za-z_]$/, s: /^[\t\n\f\r ]$/ }
const controls: Readonly<Record<string, string>> = { a: '\u0007', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }

/** Named classes, as `[[:alpha:]]`. */
const named: Readonly<Record<string, RegExp>> = {
  alnum: /^[0-9A-Za-z]$/,
  alpha: /^[A-Za-z]$/,
  ascii: /^\p{ASCII}$/u,
  blank: /^[\t ]$/,
  cntrl: /^(?:(?=\p{ASCII})\p{Cc})$/u,
  digit: /^[0-9]$/,
  graph: /^[!-~]$/,
  lower: /^[a-z]$/,
  print: /^[ -~]$/,
  punct: /^[!-/:-@[-`{-~]$/,
  space: /^[\t\n\v\f\r ]$/,
  upper: /^[A-Z]$/,
  word: /^[0-9A-Za-z_]$/,
  xdigit: /^[0-9A-Fa-f]$/,
}

/** What `\` begins; undefined for what Go does not know. */
export function readEscape(rest: string): ReadCharacters | undefined {
  const [property, isNegated, short, long] = /^\\(?:(P)|p)(?:(\p{L})|\{(\^?\w+)\})/u.exec(rest) ?? []
  if (property !== undefined) return readProperty(property, isNegated !== undefined, short ?? long ?? '')
  const letter = rest[1] ?? ''
  const kind = kinds[letter.toLowerCase()]
  if (kind !== undefined) {
    const isOther = letter !== letter.toLowerCase()
    return { test: (one) => kind.test(one) !== isOther, length: 2 }
  }
  const single = readSingle(rest)
  return single === undefined ? undefined : { test: (one) => one === single.letter, length: single.length }
}

function readProperty(written: string, isNegated: boolean, name: string): ReadCharacters | undefined {
  const isOther = isNegated !== name.startsWith('^')
  for (const property of [name.replace('^', ''), `Script=${name.replace('^', '')}`]) {
    try {
      const pattern = new RegExp(`^\\p{${property}}$`, 'u')
      return { test: (one) => pattern.test(one) !== isOther, length: written.length }
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
    }
  }
  return undefined
}

/** One character, escaped or not. */
function readSingle(rest: string): { readonly letter: string; readonly length: number } | undefined {
  if (!rest.startsWith('\\')) {
    const letter = String.fromCodePoint(rest.codePointAt(0) ?? 0)
    return { letter, length: letter.length }
  }
  const [coded, hex, long, octal] =
    /^\\(?:x([\da-fA-F]{2})|x\{([\da-fA-F]{1,6})\}|(0[0-7]{0,2}|[1-7][0-7]{2}))/.exec(rest) ?? []
  if (coded !== undefined) {
    const code = octal === undefined ? Number.parseInt(hex ?? long ?? '', 16) : Number.parseInt(octal, 8)
    return code <= 0x10_ff_ff ? { letter: String.fromCodePoint(code), length: coded.length } : undefined
  }
  const letter = rest[1] ?? ''
  const control = controls[letter]
  if (control !== undefined) return { letter: control, length: 2 }
  return /^[!-/:-@[-`{-~]$/.test(letter) ? { letter, length: 2 } : undefined
}

/** A class in brackets; undefined when it is none. */
export function readClass(text: string): ReadCharacters | undefined {
  const isNegated = text.startsWith('[^')
  let at = isNegated ? 2 : 1
  const tests: CharacterTest[] = []
  for (let isFirst = true; at < text.length; isFirst = false) {
    if (text[at] === ']' && !isFirst) {
      return { test: (letter) => tests.some((test) => test(letter)) !== isNegated, length: at + 1 }
    }
    const member = readMember(text.slice(at))
    if (member === undefined) return undefined
    tests.push(member.test)
    at += member.length
  }
  return undefined
}

function readMember(rest: string): ReadCharacters | undefined {
  const [whole, not, name = ''] = /^\[:(\^?)(\w+):\]/.exec(rest) ?? []
  if (whole !== undefined) {
    const pattern = Object.hasOwn(named, name) ? named[name] : undefined
    return pattern === undefined
      ? undefined
      : { test: (letter) => pattern.test(letter) === (not === ''), length: whole.length }
  }
  if (/^\\[dDwWsSpP]/.test(rest)) return readEscape(rest)
  const from = readSingle(rest)
  if (from === undefined) return undefined
  const behind = rest.slice(from.length)
  if (!/^-[^\]]/.test(behind)) return { test: (letter) => letter === from.letter, length: from.length }
  const to = readSingle(behind.slice(1))
  if (to === undefined || codeOf(to.letter) < codeOf(from.letter)) return undefined
  const [low, high] = [codeOf(from.letter), codeOf(to.letter)]
  return {
    test: (letter) => codeOf(letter) >= low && codeOf(letter) <= high,
    length: from.length + 1 + to.length,
  }
}

function codeOf(letter: string): number {
  return letter.codePointAt(0) ?? 0
}

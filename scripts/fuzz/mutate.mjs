// @ts-check

/** What often breaks a reader. */
const pieces = [
  '\0',
  '\uFEFF',
  '\r',
  '\r\n',
  '\n',
  '\t',
  ' ',
  '  ',
  '---\n',
  '...\n',
  '- ',
  ': ',
  ' #',
  '#',
  '{',
  '}',
  '[',
  ']',
  ',',

  '"',
  "'",
  '`',
  '&a ',
  '*a',
  '<<: *a\n',
  '!!str ',
  '!!int ',
  '!!binary ',
  '!x ',
  '|\n',
  '>-\n',
  '? ',
  '%YAML 1.1\n',
  '@',

  '\\',
  '$',
  '${',
  '$(',
  '{{',
  '}}',
  '{{.X}}',
  '{{cmd "x"}}',
  '{{end}}',
  'null',
  '~',
  'true',
  'no',
  '0',
  '-1',
  '1e999',

  '0x1f',
  '0o7',
  '.inf',
  '.nan',
  '9007199254740993',
  '2001-01-01',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',

  '\u2028',
  '\ud800',
  '🦊',
  'é',
  '\u0007',
  '\u001b[31m',
  '../',
  '/',
  '//',
  '*',
  '**',
  '?',
  '!',
  'a'.repeat(300),
  '['.repeat(120),
  '{a: '.repeat(120),
  '- '.repeat(120),
  '\n  '.repeat(50),
]

/** @typedef {import('./random.mjs').Random} Random */

/**
 * One text of a corpus, changed in a few places.
 * @param {readonly string[]} texts
 * @param {Random} random
 */
export function mutate(texts, random) {
  let text = random.pick(texts)
  const times = 1 + random.below(6)
  for (let time = 0; time < times; time += 1) text = random.pick(changes)(text, random, texts)
  return text.slice(0, 60_000)
}

/** @type {readonly ((text: string, random: Random, texts: readonly string[]) => string)[]} */
const changes = [
  insert,
  insert,
  removeLine,
  copyLine,
  swapLines,
  indentLine,
  swapValue,
  swapValue,
  spliceFile,
  cutEnd,
  flip,
  nest,
  renameKey,
]

/** @param {string} text @param {Random} random */
function insert(text, random) {
  const at = random.below(text.length + 1)
  return text.slice(0, at) + random.pick(pieces) + text.slice(at)
}

/** @param {string} text @param {(lines: string[]) => void} change */
function withLines(text, change) {
  const lines = text.split('\n')
  change(lines)
  return lines.join('\n')
}

/** @param {string} text @param {Random} random */
function removeLine(text, random) {
  return withLines(text, (lines) => lines.splice(random.below(lines.length), 1 + random.below(3)))
}

/** @param {string} text @param {Random} random */
function copyLine(text, random) {
  return withLines(text, (lines) => {
    const line = random.pick(lines)
    lines.splice(random.below(lines.length + 1), 0, line)
  })
}

/** @param {string} text @param {Random} random */
function swapLines(text, random) {
  return withLines(text, (lines) => {
    const [a, b] = [random.below(lines.length), random.below(lines.length)]
    const [first = '', second = ''] = [lines[a], lines[b]]
    lines[a] = second
    lines[b] = first
  })
}

/** @param {string} text @param {Random} random */
function indentLine(text, random) {
  return withLines(text, (lines) => {
    const at = random.below(lines.length)
    const line = lines[at] ?? ''
    lines[at] = random.chance(0.5) ? `  ${line}` : line.replace(/^ {1,2}/, '')
  })
}

/** Puts another value behind a key. @param {string} text @param {Random} random */
function swapValue(text, random) {
  const keys = [...text.matchAll(/[\w.-]+"?[ ]*[:=][ ]*(\S[^\n,}\]]*)/g)]
  if (keys.length === 0) return insert(text, random)
  const key = random.pick(keys)
  const value = key[1] ?? ''
  const at = key.index + key[0].length - value.length
  return text.slice(0, at) + random.pick(pieces) + text.slice(at + value.length)
}

/** @param {string} text @param {Random} random @param {readonly string[]} texts */
function spliceFile(text, random, texts) {
  const other = random.pick(texts)
  const from = random.below(other.length + 1)
  const part = other.slice(from, from + random.below(400))
  const at = random.below(text.length + 1)
  return text.slice(0, at) + part + text.slice(random.chance(0.5) ? at : at + part.length)
}

/** @param {string} text @param {Random} random */
function cutEnd(text, random) {
  return text.slice(0, random.below(text.length + 1))
}

/** @param {string} text @param {Random} random */
function flip(text, random) {
  if (text === '') return text
  const at = random.below(text.length)
  return text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << random.below(7))) + text.slice(at + 1)
}

/** Makes a mapping or a list out of a value. @param {string} text @param {Random} random */
function nest(text, random) {
  return text.replace(/: (\S[^\n]*)$/m, random.chance(0.5) ? ': [$1]' : ': {x: $1}')
}

/** @param {string} text @param {Random} random */
function renameKey(text, random) {
  const keys = [...text.matchAll(/[A-Za-z][\w-]*(?=:)/g)]
  if (keys.length < 2) return text
  const [one, other] = [random.pick(keys), random.pick(keys)]
  return text.slice(0, one.index) + other[0] + text.slice(one.index + one[0].length)
}

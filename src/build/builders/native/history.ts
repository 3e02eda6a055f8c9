import {
  formatGoDuration,
  isGitSource,
  isUrlSource,
  type CopyInstruction,
  type HealthcheckInstruction,
} from '../../../dockerfile/index.ts'
import { redact } from '../../../errors/index.ts'

/** The line of COPY or ADD, variables replaced, as BuildKit writes it; but who has the image does not get the passwords of URLs. */
export function copyLine(instruction: CopyInstruction): string {
  return [
    instruction.kind.toUpperCase(),
    ...(instruction.parents ? ['--parents'] : []),
    ...(instruction.chown === undefined ? [] : [`--chown=${instruction.chown}`]),
    ...(instruction.chmod === undefined ? [] : [`--chmod=${instruction.chmod}`]),
    ...instruction.sources.map((source) => (isUrlSource(source) || isGitSource(source) ? redact(source) : source)),
    ...instruction.heredocs.map(({ name }) => `<<${name}`),
    instruction.destination,
    '# buildkit',
  ].join(' ')
}

/** The line of HEALTHCHECK: the structure as Go prints it with `%q`. */
export function healthcheckLine(instruction: HealthcheckInstruction): string {
  const times = [instruction.interval, instruction.timeout, instruction.startPeriod, instruction.startInterval]
  const test = `[${instruction.test.map(quote).join(' ')}]`
  return `HEALTHCHECK &{${[test, ...times.map((time) => quote(formatGoDuration(time)))].join(' ')} ${quoteRune(instruction.retries)}}`
}

const shortEscapes: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
}

/** The line of CMD or ENTRYPOINT: the whole command, that of the shell included. */
export function commandLine(name: string, words: readonly string[]): string {
  return `${name} [${words.map(quote).join(' ')}]`
}

/** A text as Go's `%q` prints it. */
function quote(text: string): string {
  return `"${Array.from(text, (character) => (character === '"' ? '\\"' : escapeRune(character))).join('')}"`
}

/** A number as Go's `%q` prints it: the character with that number. */
function quoteRune(code: number): string {
  const character = code <= 0x10ffff ? String.fromCodePoint(code) : '\uFFFD'
  return `'${character === "'" ? "\\'" : escapeRune(character)}'`
}

function escapeRune(character: string): string {
  const short = shortEscapes[character]
  if (short !== undefined) return short
  const code = character.codePointAt(0) ?? 0
  if (character === ' ' || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character)) return character
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`
}

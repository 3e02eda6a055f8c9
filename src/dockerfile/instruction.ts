import { parseCopy } from './copy-instruction.ts'
import { parseGoDuration } from './duration.ts'
import { readFlags, splitOnce, type Flags } from './flags.ts'
import { invalid } from './invalid.ts'
import type { CommandLine, InstructionBody, Instruction, Location, NamedValue } from './types.ts'
import { parseJsonForm, splitSpaces, splitWords } from './words.ts'
import { notTexts, splitAtSpace, type Written } from './written.ts'

/**
 * Reads any instruction but FROM.
 * @throws DOCKERFILE_INVALID
 */
export function parseInstruction(written: Written): Instruction {
  const parse = Object.hasOwn(parsers, written.name) ? parsers[written.name] : undefined
  if (parse === undefined) {
    throw invalid(written.line.at, `unknown instruction ${written.name}`, suggestionFor(written.name))
  }
  return { ...parse(written), at: written.line.at }
}

const parsers: Readonly<Record<string, (written: Written) => InstructionBody>> = {
  ADD: parseCopy,
  ARG: parseArg,
  CMD: (written) => ({ kind: 'cmd', command: commandLine(plain(written)) }),
  COPY: parseCopy,
  ENTRYPOINT: (written) => ({ kind: 'entrypoint', command: commandLine(plain(written)) }),
  ENV: (written) => ({ kind: 'env', pairs: parsePairs(written) }),
  EXPOSE: (written) => ({ kind: 'expose', ports: [...someWords(plain(written), splitSpaces(written.rest))].sort() }),
  HEALTHCHECK: parseHealthcheck,
  LABEL: (written) => ({ kind: 'label', pairs: parsePairs(written) }),
  MAINTAINER: (written) => ({ kind: 'maintainer', value: oneText(written) }),
  ONBUILD: parseOnbuild,
  RUN: (written) => ({ kind: 'run', flags: written.flags, command: commandLine(written) }),
  SHELL: parseShell,
  STOPSIGNAL: (written) => ({ kind: 'stopsignal', value: oneText(written) }),
  USER: (written) => ({ kind: 'user', value: oneText(written) }),
  VOLUME: parseVolume,
  WORKDIR: (written) => ({ kind: 'workdir', value: oneText(written) }),
}

/** Checks that an instruction that knows no flags has none. */
function plain(written: Written): Written {
  readFlags(written.flags, {}, { instruction: written.name, at: written.line.at })
  return written
}

/** The JSON form, or one text for a shell. */
function commandLine(written: Written): CommandLine {
  const list = parseJsonForm(written.rest)
  if (list === 'notTexts') throw notTexts(written)
  if (list !== undefined) return { words: list, isShell: false }
  return { words: written.rest === '' ? [] : [written.rest], isShell: true }
}

function parseArg(written: Written): InstructionBody {
  plain(written)
  const args = someWords(written, splitWords(written.rest, written.escape)).map((word) => {
    const [name, value] = splitOnce(word, '=')
    if (name === '') throw invalid(written.line.at, 'ARG has a value without a name')
    return value === undefined ? { name } : { name, value }
  })
  return { kind: 'arg', args }
}

/** `name=value …`, or the old form `name value`. */
function parsePairs(written: Written): readonly NamedValue[] {
  plain(written)
  const words = someWords(written, splitWords(written.rest, written.escape))
  if (!(words[0] ?? '').includes('=')) return [oldPair(written)]
  return words.map((word) => {
    const [name, value] = splitOnce(word, '=')
    if (value === undefined) throw noEquals(written, word)
    if (name === '') throw invalid(written.line.at, `${written.name} has a value without a name`)
    return { name, value }
  })
}

function noEquals(written: Written, word: string): Error {
  return invalid(written.line.at, `${written.name}: "${word}" has no "="`, 'quote values with spaces')
}

function oldPair(written: Written): NamedValue {
  const [name, value] = splitAtSpace(written.rest)
  if (value === undefined) {
    throw invalid(written.line.at, `${written.name} ${name} has no value`, `write ${written.name} ${name}=value`)
  }
  return { name, value }
}

function parseHealthcheck(written: Written): InstructionBody {
  const names = ['interval', 'timeout', 'start-period', 'start-interval', 'retries']
  const allowed = Object.fromEntries(names.map((name) => [name, 'value'] as const))
  const flags = readFlags(written.flags, allowed, { instruction: 'HEALTHCHECK', at: written.line.at })
  const [type, rest = ''] = splitAtSpace(written.rest)
  const times = {
    interval: intervalOf(flags, 'interval', written.line.at),
    timeout: intervalOf(flags, 'timeout', written.line.at),
    startPeriod: intervalOf(flags, 'start-period', written.line.at),
    startInterval: intervalOf(flags, 'start-interval', written.line.at),
    retries: retriesOf(flags, written.line.at),
  }
  return { kind: 'healthcheck', test: healthTest({ ...written, rest }, type.toUpperCase()), ...times }
}

function healthTest(written: Written, type: string): readonly string[] {
  if (type === 'NONE') {
    if (written.rest !== '') throw invalid(written.line.at, 'HEALTHCHECK NONE takes no arguments')
    return ['NONE']
  }
  if (type !== 'CMD') throw invalid(written.line.at, `HEALTHCHECK "${type}" is neither CMD nor NONE`)
  const { words, isShell } = commandLine(written)
  if (words.length === 0) throw invalid(written.line.at, 'HEALTHCHECK CMD needs a command')
  return [isShell ? 'CMD-SHELL' : 'CMD', ...words]
}

function intervalOf(flags: Flags, name: string, at: Location): number {
  const text = flags.value(name) ?? ''
  if (text === '') return 0
  const nanoseconds = parseGoDuration(text)
  if (nanoseconds === undefined) throw invalid(at, `--${name}=${text} is no duration`, 'write it like 30s or 1m30s')
  if (nanoseconds !== 0 && nanoseconds < 1e6) throw invalid(at, `--${name}=${text} is shorter than 1ms`)
  return nanoseconds
}

function retriesOf(flags: Flags, at: Location): number {
  const text = flags.value('retries') ?? ''
  if (text === '') return 0
  if (!/^\+?\d{1,9}$/.test(text)) throw invalid(at, `--retries=${text} is no number of retries`)
  return Number(text)
}

const forbiddenTriggers = new Set(['ONBUILD', 'FROM', 'MAINTAINER'])

function parseOnbuild(written: Written): InstructionBody {
  const text = written.line.text.trim().replace(/^onbuild\s*/i, '')
  const trigger = (splitSpaces(text)[0] ?? '').toUpperCase()
  if (trigger === '') throw invalid(written.line.at, 'ONBUILD needs an instruction')
  if (forbiddenTriggers.has(trigger)) throw invalid(written.line.at, `ONBUILD ${trigger} is not allowed`)
  const documents = written.line.documents.map(({ word, content }) => `\n${content}${word.name}`)
  return { kind: 'onbuild', text: text + documents.join('') }
}

function parseShell(written: Written): InstructionBody {
  plain(written)
  const list = parseJsonForm(written.rest)
  if (list === undefined || list === 'notTexts' || list.length === 0) {
    throw invalid(written.line.at, 'SHELL needs a JSON list of texts', 'write it like SHELL ["/bin/sh", "-c"]')
  }
  return { kind: 'shell', words: list }
}

function parseVolume(written: Written): InstructionBody {
  plain(written)
  const list = parseJsonForm(written.rest)
  if (list === 'notTexts') throw notTexts(written)
  const paths = someWords(written, list ?? splitSpaces(written.rest)).map((path) => path.trim())
  if (paths.includes('')) throw invalid(written.line.at, 'VOLUME has an empty path')
  return { kind: 'volume', paths }
}

function oneText(written: Written): string {
  plain(written)
  if (written.rest === '') throw invalid(written.line.at, `${written.name} needs an argument`)
  return written.rest
}

function someWords(written: Written, words: readonly string[]): readonly string[] {
  if (words.length === 0) throw invalid(written.line.at, `${written.name} needs at least one argument`)
  return words
}

function suggestionFor(name: string): string {
  const known = [...Object.keys(parsers), 'FROM']
  const near = known.find((other) => other[0] === name[0] && Math.abs(other.length - name.length) <= 1)
  return near === undefined ? `use one of ${known.join(', ')}` : `did you mean ${near}?`
}

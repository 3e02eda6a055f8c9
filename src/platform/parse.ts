import { ToolError } from '../errors/index.ts'
import { normalizeArchitecture, normalizeOs } from './normalize.ts'
import type { Platform } from './platform.ts'

/** Operating systems that a platform may name (Go's GOOS values). */
export const knownOperatingSystems: readonly string[] =
  'aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows zos'.split(
    ' ',
  )

/** Architectures that a platform may name (Go's GOARCH values). */
export const knownArchitectures: readonly string[] = (
  '386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ' +
  'ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm'
).split(' ')

/**
 * Parses `os[/architecture[/variant]]` as containerd does: a lone word is an operating system if it names one, else an
 * architecture, the missing half comes from `host`. The OS may carry options, `windows(10.0.17763+win32k)`. Two parts
 * leave `linux/arm` without a variant (v7 is implied), three keep `arm64/v8` as written.
 *
 * @throws PLATFORM_INVALID for wildcards, four or more parts, and unknown systems or architectures
 * @example parsePlatform('linux/arm/v7', host) // { os: 'linux', architecture: 'arm', variant: 'v7' }
 */
export function parsePlatform(text: string, host: Platform): Platform {
  if (text.includes('*')) throw invalid(text, 'wildcards are not supported')
  const parts = splitPlatform(text)
  if (parts.length > 3) throw invalid(text, 'it has more than three parts')
  const [first = '', architecture, variant] = parts
  const { os, options } = parseOs(text, first)
  if (architecture === undefined) return withOptions(parseWord(text, os, host), options)
  if (!knownOperatingSystems.includes(normalizeOs(os))) throw unknown(text, os, 'operating system')
  const normal = normalizeArchitecture(architecture, variant ?? '')
  if (!knownArchitectures.includes(normal.architecture)) throw unknown(text, normal.architecture, 'architecture')
  return withOptions(
    { os: normalizeOs(os), architecture: normal.architecture, ...optionalVariant(normal, variant) },
    options,
  )
}

/** Only one word: it names a system or an architecture. */
function parseWord(text: string, word: string, host: Platform): Platform {
  const os = normalizeOs(word)
  if (knownOperatingSystems.includes(os)) return { ...host, os }
  const { architecture, variant } = normalizeArchitecture(word, '')
  if (!knownArchitectures.includes(architecture)) throw unknown(text, architecture, 'operating system or architecture')
  const shown = architecture === 'arm' && variant === 'v7' ? '' : variant
  return { os: host.os, architecture, ...(shown === '' ? {} : { variant: shown }) }
}

/** Two parts hide the implied arm/v7; three parts keep what was written. */
function optionalVariant(
  normal: { readonly architecture: string; readonly variant: string },
  written: string | undefined,
): { variant?: string } {
  if (written === undefined) {
    const implied = normal.architecture === 'arm' && normal.variant === 'v7'
    return implied || normal.variant === '' ? {} : { variant: normal.variant }
  }
  if (normal.architecture === 'arm64' && normal.variant === '') return { variant: 'v8' }
  return normal.variant === '' ? {} : { variant: normal.variant }
}

interface OsOptions {
  readonly osVersion?: string
  readonly osFeatures?: readonly string[]
}

function parseOs(text: string, part: string): { readonly os: string; readonly options: OsOptions } {
  const match = /^([\w-]+)(?:\(([^()]*)\))?$/.exec(part)
  if (match === null) throw invalid(text, part === '' ? 'it is empty' : `"${part}" is not a name`)
  const [, os = '', inside = ''] = match
  const [version = '', ...features] = inside.split('+')
  return {
    os,
    options: {
      ...(version === '' ? {} : { osVersion: version }),
      ...(features.length === 0 ? {} : { osFeatures: features.toSorted() }),
    },
  }
}

function withOptions(platform: Platform, options: OsOptions): Platform {
  return { ...platform, ...options }
}

/** Splits at slashes outside of parentheses. */
function splitPlatform(text: string): readonly string[] {
  return text.split(/\/(?![^(]*\))/)
}

function unknown(text: string, word: string, what: string): ToolError {
  return invalid(text, `"${word}" is an unknown ${what}`)
}

function invalid(text: string, reason: string): ToolError {
  return new ToolError('PLATFORM_INVALID', `unable to recognise platform "${text}": ${reason}`, {
    hint: 'Check that the value provided to --platform flag is a valid platform and formatted correctly, like linux/amd64, linux/arm64, linux/arm/v7, etc.',
  })
}

import { failure } from './function.ts'

/** A version as sprig's `semver` gives it. */
export interface SemanticVersion {
  readonly major: number
  readonly minor: number
  readonly patch: number
  readonly prerelease: string
  readonly metadata: string
}

const versionPattern = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([\dA-Za-z.-]+))?(?:\+([\dA-Za-z.-]+))?$/

/** Throws a template error for what is no version. */
export function parseVersion(text: string): SemanticVersion {
  const [found, major = '0', minor = '0', patch = '0', prerelease = '', metadata = ''] = versionPattern.exec(text) ?? []
  if (found === undefined) throw failure(`Invalid Semantic Version: ${JSON.stringify(text)}`)
  return { major: Number(major), minor: Number(minor), patch: Number(patch), prerelease, metadata }
}

/** Below, at or above 0 as the first is older, the same or newer. */
function compareVersions(a: SemanticVersion, b: SemanticVersion): number {
  const numbers = a.major - b.major || a.minor - b.minor || a.patch - b.patch
  return numbers === 0 ? comparePrereleases(a.prerelease, b.prerelease) : numbers
}

function comparePrereleases(a: string, b: string): number {
  if (a === b) return 0
  if (a === '' || b === '') return a === '' ? 1 : -1
  const [left, right] = [a.split('.'), b.split('.')]
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const order = compareParts(left[index], right[index])
    if (order !== 0) return order
  }
  return 0
}

function compareParts(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1
  const [isNumber, isOtherNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (isNumber && isOtherNumber) return Number(a) - Number(b)
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1
  return a < b ? -1 : 1
}

/**
 * Whether a version satisfies a constraint: `>=1.2, <2 || ~3.1`.
 * @see https://github.com/Masterminds/semver#basic-comparisons
 */
export function satisfies(version: SemanticVersion, constraint: string): boolean {
  return constraint
    .split('||')
    .map((alternative) => parseAlternative(alternative))
    .some((all) => all.every((test) => test(version)))
}

type Test = (version: SemanticVersion) => boolean

const onePattern =
  /^(=||!=|>|<|>=|=>|<=|=<|~|~>|\^)\s*v?([\dxX*]+)(?:\.([\dxX*]+))?(?:\.([\dxX*]+))?(?:-([\dA-Za-z.-]+))?(?:\+[\dA-Za-z.-]+)?$/

function parseAlternative(text: string): readonly Test[] {
  const spelledOut = text.replaceAll(/(\S+)\s+-\s+(\S+)/g, '>=$1, <=$2')
  const parts = spelledOut.split(/,|(?<=[\dA-Za-z*])\s+(?=[=!<>~^])/).map((part) => part.trim())
  return parts.map(parseOne)
}

function parseOne(text: string): Test {
  const [found, operator = '', major = '', minor, patch, prerelease = ''] = onePattern.exec(text) ?? []
  if (found === undefined) throw failure(`improper constraint: ${text}`)
  const written = [major, minor, patch].map((part) =>
    part === undefined || /[xX*]/.test(part) ? undefined : Number(part),
  )
  const firstOpen = written.indexOf(undefined)
  const known = firstOpen === -1 ? 3 : firstOpen
  const [one = 0, two = 0, three = 0] = written
  const low = { major: one, minor: two, patch: three, prerelease, metadata: '' }
  const test = testOf(operator, low, known)
  // a pre-release is only meant by who names one
  return (version) => (version.prerelease !== '' && prerelease === '' ? operator === '!=' : test(version))
}

/** `known` tells how many of the three numbers are written. */
function testOf(operator: string, low: SemanticVersion, known: number): Test {
  const order: Record<string, Test> = {
    '!=': (version) => !isWithin(version, low, known),
    '>': (version) =>
      known === 3 ? compareVersions(version, low) > 0 : compareVersions(version, next(low, known)) >= 0,
    '<': (version) => compareVersions(version, low) < 0,
    '>=': (version) => compareVersions(version, low) >= 0,
    '<=': (version) =>
      known === 3 ? compareVersions(version, low) <= 0 : compareVersions(version, next(low, known)) < 0,
    '~': (version) => compareVersions(version, low) >= 0 && compareVersions(version, next(low, Math.min(known, 2))) < 0,
    '^': (version) => compareVersions(version, low) >= 0 && compareVersions(version, next(low, caret(low, known))) < 0,
  }
  const name = { '=>': '>=', '=<': '<=', '~>': '~' }[operator] ?? operator
  return order[name] ?? ((version) => isWithin(version, low, known))
}

function isWithin(version: SemanticVersion, low: SemanticVersion, known: number): boolean {
  if (known === 3) return compareVersions(version, low) === 0
  return compareVersions(version, low) >= 0 && compareVersions(version, next(low, known)) < 0
}

/** The first version whose leading numbers, `count` of them, differ; everything is below it for none. */
function next(low: SemanticVersion, count: number): SemanticVersion {
  const nothing = { prerelease: '', metadata: '' }
  if (count === 0) return { major: Infinity, minor: 0, patch: 0, ...nothing }
  if (count === 1) return { major: low.major + 1, minor: 0, patch: 0, ...nothing }
  if (count === 2) return { major: low.major, minor: low.minor + 1, patch: 0, ...nothing }
  return { ...low, patch: low.patch + 1, ...nothing }
}

/** How many leading numbers `^` keeps: up to the first that is not 0. */
function caret(low: SemanticVersion, known: number): number {
  if (low.major > 0 || known <= 1) return Math.min(1, known)
  if (low.minor > 0 || known === 2) return 2
  return 3
}

import { failure, toText, type TemplateFunction } from './function.ts'
import { parseVersion, satisfies } from './semver.ts'
import { isList, isMap, isSame, isTrue, ownText, spend, type Value, type ValueMap } from './value.ts'

/** Sprig's functions that change dictionaries, make them, or read into them. */
export const mapFunctions: Readonly<Record<string, TemplateFunction>> = {
  deepCopy: { takes: 'a', run: ({ all: [value] }) => copy(value, 0) },
  deepEqual: { takes: 'aa', run: ({ all: [a, b] }) => isSame(a, b) },
  dig: { takes: 'saa*', run: ({ all }) => dig(all) },
  merge: { takes: 'mm*', run: ({ all: [into, ...others] }) => mergeAll(into, others, false) },
  mergeOverwrite: { takes: 'mm*', run: ({ all: [into, ...others] }) => mergeAll(into, others, true) },
  pluck: {
    takes: 'sm*',
    run: ({ text, all: [, ...maps] }) =>
      maps.flatMap((map) => (isMap(map) && map.has(text(0)) ? [map.get(text(0))] : [])),
  },
  semver: { takes: 's', run: ({ text }) => versionValue(text(0)) },
  semverCompare: { takes: 'ss', run: ({ text }) => satisfies(parseVersion(text(1)), text(0)) },
  set: {
    takes: 'msa',
    run: ({ map, text, all: [, , value] }) => {
      put(map(0), text(1), value)
      return map(0)
    },
  },
  tuple: { takes: 'a*', run: ({ all }) => all },
  unset: { takes: 'ms', run: ({ map, text }) => changed(map(0), (entries) => entries.delete(text(1))) },
}

/** Dictionaries of templates are changed in place, as in Go. */
function changed(map: ValueMap, change: (entries: Map<string, Value>) => unknown): Value {
  if (map instanceof Map) change(map)
  return map
}

function copy(value: Value, depth: number): Value {
  spend(depth)
  if (isList(value)) return value.map((item) => copy(item, depth + 1))
  if (!isMap(value)) return value
  return new Map([...value].map(([key, item]) => [key, copy(item, depth + 1)]))
}

function holds(value: Value, map: ValueMap, depth = 0): boolean {
  spend(depth)
  if (value === map) return true
  const parts = isMap(value) ? [...value.values()] : []
  return (isList(value) ? value : parts).some((part) => holds(part, map, depth + 1))
}

function mergeAll(into: Value, others: readonly Value[], overwrites: boolean): Value {
  for (const other of others) merge(into, other, { overwrites, depth: 0 })
  return into
}

interface Merging {
  readonly overwrites: boolean
  readonly depth: number
}

function merge(into: Value, other: Value, { overwrites, depth }: Merging): void {
  spend(depth)
  if (!isMap(into) || !isMap(other) || into === other) return
  for (const [key, value] of other) {
    const own = into.get(key)
    if (isMap(own) && isMap(value)) merge(own, value, { overwrites, depth: depth + 1 })
    else if (!isTrue(own) || (overwrites && isTrue(value))) put(into, key, value)
  }
}

function put(into: ValueMap, key: string, value: Value): void {
  if (holds(value, into)) throw failure('a dictionary cannot hold itself')
  changed(into, (entries) => entries.set(key, value))
}

/** `dig "a" "b" default dictionary`. */
function dig(all: readonly Value[]): Value {
  let value = all.at(-1)
  for (const key of all.slice(0, -2)) {
    if (!isMap(value) || !value.has(toText(key))) return all.at(-2)
    value = value.get(toText(key))
  }
  return value
}

function versionValue(text: string): Value {
  const version = parseVersion(text)
  return new Map<string, Value>([
    ['Major', version.major],
    ['Minor', version.minor],
    ['Patch', version.patch],
    ['Prerelease', version.prerelease],
    ['Metadata', version.metadata],
    ['Original', text],
    [ownText, canonical(version)],
  ])
}

function canonical({ major, minor, patch, prerelease, metadata }: ReturnType<typeof parseVersion>): string {
  const ending = `${prerelease === '' ? '' : `-${prerelease}`}${metadata === '' ? '' : `+${metadata}`}`
  return `${major}.${minor}.${patch}${ending}`
}

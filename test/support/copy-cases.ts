import type { ContextEntry } from './native-build.ts'

/** A build context and a Dockerfile, in which `BASE` stands for the corpus's base image. */
export interface CopyCase {
  readonly seed: number
  readonly context: Readonly<Record<string, ContextEntry>>
  /** Some of more than one line. */
  readonly instructions: readonly string[]
}

/**
 * Files, folders and links, an ignore file at times, and COPY, ADD and WORKDIR over several stages; always the same for a seed.
 * Docker refuses a pattern that leads to a folder with a link in it that leads nowhere: those are not made.
 */
export function copyCase(seed: number): CopyCase {
  const random = createRandom(seed)
  const kind = random.pick<Kind>(['no links', 'good links', 'good links', 'no patterns'])
  const context = someContext(kind, random)
  const paths = Object.keys(context).filter((path) => path !== '.dockerignore')
  return { seed, context, instructions: someInstructions({ paths, hasPatterns: kind !== 'no patterns' }, random) }
}

type Kind = 'no links' | 'good links' | 'no patterns'

interface Random {
  /** From 0 up to that number, without it. */
  below(count: number): number
  pick<T>(from: readonly [T, ...T[]]): T
  /** One time of so many. */
  once(of: number): boolean
}

/** A linear congruential generator: what it gives is seen to be the same everywhere. */
function createRandom(seed: number): Random {
  let state = BigInt(seed) ^ 0x5deece66dn
  const below = (count: number): number => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffff_ffff_ffff_ffffn
    return Number((state >> 33n) % BigInt(count))
  }
  below(2)
  return {
    below,
    pick: ([first, ...others]) => [first, ...others][below(others.length + 1)] ?? first,
    once: (of) => below(of) === 0,
  }
}

const names = ['a', 'b', 'c', 'd.txt', 'e.go', '.h', '[x]', 'é'] as const
const targets = ['a', 'b', '../a', './c', '/a/b', '/etc/passwd', '../../b', 'nowhere', '.', '..', 'd.txt'] as const

function someContext(kind: Kind, random: Random): Readonly<Record<string, ContextEntry>> {
  const entries: Record<string, ContextEntry> = { 'a/f': 'f', b: 'b' }
  const folders = ['', 'a']
  for (let count = 3 + random.below(10); count > 0; count -= 1) {
    const folder = random.pick(['', ...folders])
    const path = `${folder === '' ? '' : `${folder}/`}${random.pick(names)}`
    if (path in entries || folders.includes(path)) continue
    const entry = someEntry({ path, entries, kind }, random)
    entries[path] = entry
    if (typeof entry === 'object' && 'folder' in entry) folders.push(path)
  }
  if (kind !== 'good links' && random.once(3)) entries['.dockerignore'] = someIgnoreFile(random)
  return entries
}

function isFile(entry: ContextEntry | undefined): boolean {
  return typeof entry === 'string' || (typeof entry === 'object' && 'text' in entry)
}

interface Making {
  readonly path: string
  /** What is there already. */
  readonly entries: Readonly<Record<string, ContextEntry>>
  readonly kind: Kind
}

function someEntry({ path, entries, kind }: Making, random: Random): ContextEntry {
  const number = random.below(10)
  if (number < 3) return { folder: random.pick([0o755, 0o700, 0o1777, 0o2750, 0o555]) }
  const [first = 'b', ...more] = Object.keys(entries).filter((other) => number > 6 || isFile(entries[other]))
  if (number < 5 && kind === 'no patterns') return { linkTo: random.pick(targets) }
  if (number < 5 && kind === 'good links') return { linkTo: linkFrom(path, random.pick([first, ...more]), random) }
  if (number === 5) return { sameAs: isFile(entries[first]) ? first : 'b' }
  return { text: String(random.below(3)), mode: random.pick([0o644, 0o600, 0o755, 0o4755, 0o2711, 0o444]) }
}

function linkFrom(path: string, target: string, random: Random): string {
  return random.once(3) ? `/${target}` : `${'../'.repeat(path.split('/').length - 1)}${target}`
}

function someIgnoreFile(random: Random): string {
  const pattern = (): string => {
    const parts = Array.from({ length: 1 + random.below(2) }, () => random.pick([...names, '*', '**', '?', '*.go']))
    return `${random.once(3) ? '!' : ''}${parts.join('/')}`
  }
  return `${Array.from({ length: 1 + random.below(3) }, pattern).join('\n')}\n`
}

const destinations = [
  '/', '/d', '/d/', '/x/y/', 'rel', './', '.', '/link/', '/link', '/var/rel', '/var/rel/', '/bin/tool', '/bin/', '/tmp/', '/tmp/t',
  '/usr/bin/sh', '/real/sub', '/real', '/etc', '/etc/', '/d/a', '/d/b/', 'a/../q', '/x/y', '/new/link/',
] as const // prettier-ignore

const builtPaths = ['/d', '/d/', '/x', '/x/y', '/etc', '/etc/*', '/link', '/link/sub', '/var/rel', '/usr/bin/*', '/bin/sh', '/', '/tmp', 'real', '/d/*', '/x/*/*', '/w', '/r*'] as const // prettier-ignore

/** What can be copied of the context. */
interface Sources {
  readonly paths: readonly string[]
  readonly hasPatterns: boolean
}

function someInstructions(sources: Sources, random: Random): readonly string[] {
  const lines: string[] = []
  const stages = random.pick([1, 1, 2, 3])
  for (let stage = 0; stage < stages; stage += 1) {
    const earlier = stage > 0 && random.once(3) ? `s${random.below(stage)}` : 'BASE'
    lines.push(`FROM ${random.once(5) ? 'scratch' : earlier} AS s${stage}`)
    for (let count = 1 + random.below(4); count > 0; count -= 1) lines.push(someInstruction(sources, { stage, random }))
  }
  return lines
}

interface Place {
  /** Its number; stages before it can be copied from. */
  readonly stage: number
  readonly random: Random
}

function someInstruction(context: Sources, { stage, random }: Place): string {
  if (random.once(7)) return `WORKDIR ${random.pick(['/w', 'v', '/link/w', '/tmp', '../u/', '/', '/d/a'])}`
  if (random.once(12)) return `USER ${random.pick(['node', '7:8', 'ghost', 'nobody:staff'])}`
  if (random.once(15)) return `COPY ${someFlags(random)}<<A <<"B" /d/\n1 $PATH\nA\n\t2 $PATH\nB`
  const from = stage > 0 && random.once(2) ? random.below(stage) : undefined
  const own = (): string => (from === undefined ? someSource(context, random) : random.pick(builtPaths))
  const sources = Array.from({ length: random.pick([1, 1, 1, 2, 3]) }, own)
  const flags =
    from === undefined ? someFlags(random) : `--from=${random.once(2) ? 's' : ''}${from} ${someFlags(random)}`
  const keyword = from === undefined && random.once(5) ? 'ADD' : 'COPY'
  const destination = random.pick(destinations)
  const words = [...sources, destination]
  return `${keyword} ${flags}${random.once(6) ? JSON.stringify(words) : words.join(' ')}`
}

function someFlags(random: Random): string {
  const flags = [
    random.once(4) ? `--chown=${random.pick(['node', '7:8', 'nobody:staff', '12', ':9', 'root:node', '3:'])} ` : '',
    random.once(4) ? `--chmod=${random.pick(['0644', '755', '4711', '0', '01777'])} ` : '',
    random.once(6) ? '--link ' : '',
  ]
  return flags.join('')
}

const patterns = ['*', 'a/*', '*/*', '?', '*.txt', '[a-c]', '[^a]*', 'a/*/*', '[c-a]', 'é*', '[[]*'] as const

function someSource({ paths, hasPatterns }: Sources, random: Random): string {
  const path = paths[random.below(paths.length)] ?? 'a'
  const kind = random.below(hasPatterns ? 12 : 7)
  if (kind < 5) return escaped(path)
  if (kind === 5) return `${path.split('/')[0] ?? ''}/`
  if (kind === 6) return random.pick(['.', './', '/', 'a/.', '../b', './a'])
  if (kind === 7) return random.pick(patterns)
  const parts = path.split('/')
  const at = random.below(parts.length)
  return parts.map((part, index) => (index === at ? patternFor(part, random) : escaped(part))).join('/')
}

function escaped(path: string): string {
  return path.replaceAll('[', '[[]')
}

function patternFor(name: string, random: Random): string {
  const [first = ''] = Array.from(name)
  return random.pick([
    '*',
    `${escaped(first)}*`,
    `[^z]*`,
    `?${escaped(name.slice(first.length))}`,
    `*${escaped(name.slice(first.length))}`,
  ])
}

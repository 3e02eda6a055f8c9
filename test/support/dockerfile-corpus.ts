import { mediaTypes, type Image } from '../../src/image/index.ts'
import { createLayer, type LayerEntry } from '../../src/layer/index.ts'
import { aDirectory, aFile, aLink, gather } from './layers.ts'
import { aBaseImage, type ContextEntry } from './native-build.ts'

/** A Dockerfile and what Docker made of it. */
export interface CorpusCase {
  readonly name: string
  readonly context: string
  readonly dockerfile: string
  readonly expected: readonly string[]
}

interface CorpusEntry {
  /** `d 0755 0:0 1 path -> target` */
  readonly line: string
  /** Seconds, or NOW. */
  readonly time: string
  readonly path: string
}

/** What Docker made, read. Layers without entries count as none, as they do here. */
export interface CorpusResult {
  readonly layers: readonly (readonly CorpusEntry[])[]
  readonly config?: unknown
  readonly history?: readonly (readonly [line: string, isEmpty: boolean])[]
  readonly fails: boolean
}

/** Reads the lines of a case. */
export function readExpected({ expected }: CorpusCase): CorpusResult {
  const layers = readLayers(expected)
  const config = textAfter('  cfg ', expected)
  const history = textAfter('  hist ', expected)
  const isEmpty = layers.map((layer) => layer.length === 0)
  return {
    layers: layers.filter((layer) => layer.length > 0),
    fails: textAfter('   FAIL', expected) !== undefined,
    ...(config === undefined ? {} : { config: JSON.parse(config) as unknown }),
    ...(history === undefined ? {} : { history: readHistory(history, isEmpty) }),
  }
}

function readLayers(expected: readonly string[]): CorpusResult['layers'] {
  const layers: CorpusEntry[][] = []
  for (const text of expected) {
    if (/^ *layer \d+$/.test(text)) layers.push([])
    else layers.at(-1)?.push(...readEntry(text))
  }
  return layers
}

/** None for a line that is no entry. */
function readEntry(text: string): readonly CorpusEntry[] {
  const entry = /^ +([dflh]) 0o(\d+) (\d+:\d+) (\S+) (\d+) (.*?) *$/.exec(text)
  if (entry === null) return []
  const [letter = '', mode = '', owner = '', time = '', size = '', rest = ''] = entry.slice(1)
  const line = `${letter} ${mode.padStart(4, '0')} ${owner} ${size} ${rest.replace(/ {2,}/g, ' ')}`
  return [{ line, time, path: rest.split(' -> ')[0] ?? '' }]
}

function textAfter(start: string, lines: readonly string[]): string | undefined {
  return lines.find((line) => line.startsWith(start))?.slice(start.length)
}

/** Python prints the list; an entry whose layer has no entries is one without a layer here. */
function readHistory(text: string, isEmpty: boolean[]): readonly (readonly [string, boolean])[] {
  const entries = [...text.matchAll(/\((?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"), (True|False)\)/g)]
  return entries.map(([, single, double, flag]) => {
    const line = (single ?? double ?? '').replace(/\\(.)/g, '$1')
    return [line, flag === 'True' || isEmpty.shift() === true]
  })
}

const baseTime = 1_700_000_000
const busyboxBytes = { amd64: 2_024_544, arm64: 1_975_064 }

/** The corpus's base image for both of its platforms. */
export async function corpusBases(): Promise<readonly Image[]> {
  return Promise.all(
    (['amd64', 'arm64'] as const).map(async (architecture) =>
      aBaseImage(
        baseEntries(architecture).map((entry) => ({ ...entry, mtimeSeconds: baseTime })),
        {
          architecture,
          ...(architecture === 'arm64' ? { variant: 'v8' } : {}),
          config: {
            Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'NODE_VERSION=20'],
            Cmd: ['node'],
            WorkingDir: '/',
          },
        },
      ),
    ),
  )
}

function baseEntries(architecture: 'amd64' | 'arm64'): readonly LayerEntry[] {
  const passwd =
    'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n'
  return [
    aLink('bin', 'usr/bin'),
    aDirectory('etc'),
    aFile('etc/group', 'root:x:0:\nnode:x:1000:\nstaff:x:50:\nnogroup:x:65534:\n'),
    aFile('etc/passwd', passwd),
    aLink('link', '/real'),
    aDirectory('real'),
    aDirectory('real/sub'),
    aDirectory('tmp', { mode: 0o1777 }),
    aDirectory('usr'),
    aDirectory('usr/bin'),
    aFile('usr/bin/busybox', Buffer.alloc(busyboxBytes[architecture], 'no program '), { mode: 0o755 }),
    aLink('usr/bin/sh', 'busybox'),
    aDirectory('var'),
    aLink('var/rel', '../real/sub'),
  ]
}

/** The folders that the base image has. */
export const baseFolders: ReadonlySet<string> = new Set(
  baseEntries('amd64').flatMap(({ kind, path }) => (kind === 'directory' ? [path] : [])),
)

/** The files of a case's context, without its Dockerfile. */
export async function corpusContext({ context }: CorpusCase): Promise<Readonly<Record<string, ContextEntry>>> {
  if (context === 'A') return contextA
  if (context === 'B') return contextB()
  if (context.startsWith('B + .dockerignore: ')) {
    const text = JSON.parse(context.slice('B + .dockerignore: '.length)) as string
    return { ...(await contextB()), '.dockerignore': Buffer.from(text, 'latin1') }
  }
  const names = /^files \(.*\): (.*)$/.exec(context)?.[1]?.split(', ') ?? []
  return Object.fromEntries(names.map((name) => [name, { text: 'x', mtimeSeconds: 1_600_000_000 }]))
}

const contextA: Readonly<Record<string, ContextEntry>> = {
  a: { folder: 0o755, mtimeSeconds: 1_500_000_000 },
  'a/sub': { folder: 0o700, mtimeSeconds: 1_500_000_001 },
  'a/f1': { text: 'x', mtimeSeconds: 1_600_000_000 },
  'a/sub/f2': { text: 'x', mode: 0o755, mtimeSeconds: 1_600_000_000 },
  'a/ln': { linkTo: 'f1', mtimeSeconds: 1_500_000_002 },
}

async function contextB(): Promise<Readonly<Record<string, ContextEntry>>> {
  const file = { text: 'x', mtimeSeconds: 1_600_000_000 }
  const folder = { folder: 0o755, mtimeSeconds: 1_500_000_000 }
  return {
    t: folder,
    't/x': folder,
    't/x/f': { text: 'x', mtimeSeconds: 1_400_000_000 },
    't/y': { ...file, mode: 0o4755 },
    't/x/l': { linkTo: '../y', mtimeSeconds: 1_600_000_000 },
    't/yhard': { sameAs: 't/y' },
    'arc.tgz': await archiveOf(
      [aDirectory('x'), aFile('x/f', 'x'), aLink('x/l', '../y'), aFile('y', 'x', { mode: 0o4755 })],
      mediaTypes.oci.layerGzip,
    ),
    'only.tar': await archiveOf([aFile('x/f', 'x')], mediaTypes.oci.layer),
    'fake.tar.gz': { text: 'notatar', mtimeSeconds: 1_600_000_000 },
    keep: folder,
    'keep/sub': folder,
    'keep/a.txt': file,
    'keep/b.log': file,
    'keep/sub/c.log': file,
    'node_modules/z': file,
    'top.log': file,
    ünï: folder,
    [`ünï/${'l'.repeat(120)}/${'m'.repeat(90)}`]: file,
  }
}

/** An archive owned by 7:8, of 2011. */
async function archiveOf(entries: readonly LayerEntry[], mediaType: string): Promise<Uint8Array> {
  const owned = entries.map((entry) => ({ ...entry, uid: 7, gid: 8, mtimeSeconds: 1_300_000_000 }))
  const layer = await createLayer(owned, { mediaType })
  return gather(layer.open())
}

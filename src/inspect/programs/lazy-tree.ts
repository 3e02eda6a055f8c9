import type { LayerFile, LazyLayer } from './contract.ts'

/** A file as a container sees it. */
export interface FoundFile extends LayerFile {
  /** With all links followed, without leading slash. */
  readonly path: string
}

/** Layers over each other, of which only what is asked for is read: the topmost first. */
export interface LazyTree {
  /** What is at the path, all links followed; undefined when nothing is. */
  find(path: string): Promise<FoundFile | undefined>
}

const maxLinks = 40

/** Layers lowest first. */
export function createLazyTree(layers: readonly LazyLayer[]): LazyTree {
  const topFirst = layers.toReversed()
  return { find: async (path) => walk(topFirst, path) }
}

async function walk(layers: readonly LazyLayer[], path: string): Promise<FoundFile | undefined> {
  let left = partsOf(path)
  let here: readonly string[] = []
  let file: LayerFile = { kind: 'directory' }
  for (let links = 0; left.length > 0;) {
    const [name = '', ...rest] = left
    left = rest
    if (name === '..') {
      here = here.slice(0, -1)
      continue
    }
    const found = await get(layers, [...here, name].join('/'))
    if (found === undefined) return undefined
    if (found.kind === 'symlink') {
      links += 1
      if (links > maxLinks) return undefined
      const target = found.linkTarget ?? ''
      if (target.startsWith('/')) here = []
      left = [...partsOf(target), ...left]
      continue
    }
    here = [...here, name]
    file = found
  }
  return { ...file, path: here.join('/') }
}

async function get(layers: readonly LazyLayer[], path: string): Promise<LayerFile | undefined> {
  for (const layer of layers) {
    const answer = await layer.ask(path)
    if (answer === 'hidden') return undefined
    if (answer === 'silent') continue
    const { file } = answer
    if (file.kind !== 'hardlink' || file.linkTarget === undefined) return file
    const linked = await layer.ask(file.linkTarget)
    return typeof linked === 'string' ? undefined : linked.file
  }
  return undefined
}

function partsOf(path: string): readonly string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.')
}

import {
  isPlatform,
  normalizePlatform,
  parsePlatform,
  uniquePlatforms,
  type Platform,
} from '../../../platform/index.ts'
import type { EngineNode } from '../dockerfile/engine.ts'

/** What `docker buildx inspect` says of a builder. */
export interface BuildxBuilder {
  readonly name: string
  /** `docker`, `docker-container`, `kubernetes`, `remote`, `cloud`. */
  readonly driver: string
  readonly nodes: readonly BuildxNode[]
}

/** One machine of a builder. */
export interface BuildxNode extends EngineNode {
  readonly endpoint: string
  /** Why it does not answer. */
  readonly error?: string
}

const linux: Platform = { os: 'linux', architecture: 'amd64' }

/** Reads what `docker buildx inspect` prints; undefined when it names no driver. */
export function parseBuilder(inspected: string): BuildxBuilder | undefined {
  const [head = '', ...rest] = inspected.split(/^Nodes:\s*$/m)
  const driver = valueOf(head, 'Driver')
  if (driver === undefined) return undefined
  const blocks = rest.join('\n').split(/^(?=Name:)/m)
  const nodes = blocks.filter((block) => block.startsWith('Name:')).map(parseNode)
  return { name: valueOf(head, 'Name') ?? '', driver, nodes }
}

function parseNode(block: string): BuildxNode {
  const listed = (valueOf(block, 'Platforms') ?? '').split(',').map((text) => text.trim())
  const error = valueOf(block, 'Error')
  return {
    name: valueOf(block, 'Name') ?? '',
    endpoint: valueOf(block, 'Endpoint') ?? '',
    platforms: read(listed.map((text) => text.replace(/\*$/, ''))),
    pinned: starred(listed),
    ...nativeOf(listed),
    ...(error === undefined ? {} : { error }),
  }
}

/**
 * What stands first is what the machine is; a star is what its owner says it is for, which is believed when it is one
 * architecture only: a list of several is for emulation as well.
 */
function nativeOf(listed: readonly string[]): { readonly native?: Platform } {
  const pinned = starred(listed)
  const [first, ...others] = pinned.length > 0 ? pinned : read(listed).slice(0, 1)
  if (first === undefined || others.some(({ architecture }) => architecture !== first.architecture)) return {}
  return { native: first }
}

function starred(listed: readonly string[]): readonly Platform[] {
  return read(listed.flatMap((text) => (text.endsWith('*') ? [text.slice(0, -1)] : [])))
}

function read(texts: readonly string[]): readonly Platform[] {
  return uniquePlatforms(
    texts.flatMap((text) => (isPlatform(text, linux) ? [normalizePlatform(parsePlatform(text, linux))] : [])),
  )
}

function valueOf(text: string, key: string): string | undefined {
  const value = new RegExp(`^${key}:[ \\t]*(.*)$`, 'm').exec(text)?.[1]?.trim()
  return value === '' ? undefined : value
}

/** Whether every machine of a builder sees this machine's loopback addresses, as far as can be told. */
export function isOnThisMachine({ nodes }: BuildxBuilder): boolean {
  return nodes.every(({ endpoint }) => /^unix:|^npipe:|^tcp:\/\/(?:localhost|127\.|\[::1\])/.test(endpoint))
}

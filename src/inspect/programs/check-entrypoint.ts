import type { Image, ImageConfig, Layer } from '../../image/index.ts'
import { readProgramHeader, type ProgramHeader } from '../../layer/index.ts'
import { formatPlatform, type Platform } from '../../platform/index.ts'
import type { ReadPart } from './contract.ts'
import { createLazyLayer } from './lazy-layer.ts'
import { createLazyTree, type FoundFile, type LazyTree } from './lazy-tree.ts'
import { isOfWindows, ownLayers, placesOnWindows } from './on-windows.ts'

/** Whether what an image starts is for the platform that it claims. */
export interface EntrypointReport {
  /** The files that were looked at, in order: the program, its interpreter, its loader. */
  readonly looked: readonly string[]
  /** What is wrong; empty when all is right. */
  readonly findings: readonly string[]
  /** Why nothing was looked at. */
  readonly skipped?: string
}

/** How the layers of an image are read. */
export interface EntrypointOptions {
  /** The claim: what the image's entry or configuration says. */
  readonly platform: Platform
  /** Reads a part of a layer, where that is possible. */
  readonly readPart?: (layer: Layer) => ReadPart
  readonly signal?: AbortSignal
}

/**
 * Reads the header of the program that an image starts: ELF, PE or Mach-O. Scripts are followed to their interpreter,
 * dynamic programs to their loader. Layers are read from the top, and no further than needed; those with a table of
 * contents only where the programs are. What comes with Windows is not looked at.
 * @throws LAYER_INVALID, LAYER_UNSUPPORTED, REGISTRY_…
 */
export async function checkEntrypoint(
  image: Pick<Image, 'config' | 'layers'>,
  options: EntrypointOptions,
): Promise<EntrypointReport> {
  const { signal, readPart, platform } = options
  const [command] = [...(image.config.config?.Entrypoint ?? []), ...(image.config.config?.Cmd ?? [])]
  if (command === undefined) return skip('it has neither entrypoint nor command')
  const isWindows = platform.os === 'windows'
  if (isWindows && isOfWindows(command)) return skip(`${command} is a part of Windows`)
  const layers = (isWindows ? ownLayers(image.layers) : image.layers).map((layer) =>
    createLazyLayer({
      layer,
      isWindows,
      ...(signal === undefined ? {} : { signal }),
      ...(readPart === undefined ? {} : { readPart: readPart(layer) }),
    }),
  )
  try {
    return await follow({ tree: createLazyTree(layers), config: image.config, platform }, command)
  } finally {
    await Promise.all(layers.map(async (layer) => layer.close()))
  }
}

interface Search {
  readonly tree: LazyTree
  readonly config: ImageConfig
  readonly platform: Platform
}

/** A script may be run by a script, but not forever. */
const maxSteps = 8

async function follow(search: Search, command: string): Promise<EntrypointReport> {
  const looked: string[] = []
  const findings: string[] = []
  const waiting = [{ command, by: 'the image' }]
  for (let steps = 0; steps < maxSteps; steps += 1) {
    const next = waiting.shift()
    if (next === undefined) break
    const file = await findProgram(search, next.command)
    if (file === undefined && search.platform.os === 'windows') {
      return { looked, findings, skipped: `${next.command} is not in the layers over Windows` }
    }
    if (file === undefined) {
      findings.push(`${next.by} starts ${next.command}, which is not in the image`)
      continue
    }
    const path = shownPath(file, search.platform)
    looked.push(path)
    const header = readProgramHeader(file.head ?? new Uint8Array())
    const wrong = header === undefined ? undefined : complaintAbout(path, header, search.platform)
    if (wrong !== undefined) findings.push(wrong)
    waiting.push(...neededBy(header).map((name) => ({ command: name, by: path })))
  }
  return { looked, findings }
}

/** The interpreter or loader; `env` only hands on to the program it is given. */
function neededBy(header: ProgramHeader | undefined): readonly string[] {
  const [first, argument = ''] = header?.interpreter ?? []
  if (first === undefined) return []
  if (header?.format !== 'script' || !/(?:^|\/)env$/.test(first)) return [first]
  const handed = argument.split(/\s+/).find((word) => !word.startsWith('-') && !word.includes('='))
  return handed === undefined || handed === '' ? [first] : [first, handed]
}

function shownPath({ path }: FoundFile, { os }: Platform): string {
  return os === 'windows' ? path.replace(/^files/, 'C:').replaceAll('/', '\\') : `/${path}`
}

async function findProgram({ tree, config, platform }: Search, command: string): Promise<FoundFile | undefined> {
  if (platform.os === 'windows') return firstAt(tree, placesOnWindows(command, config))
  if (command.includes('/')) {
    const folder = command.startsWith('/') ? '' : (config.config?.WorkingDir ?? '')
    return fileAt(tree, `${folder}/${command}`)
  }
  const paths = config.config?.Env?.findLast((entry) => entry.startsWith('PATH='))?.slice('PATH='.length)
  const folders = (paths ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin').split(':')
  return firstAt(
    tree,
    folders.map((folder) => `${folder}/${command}`),
  )
}

async function firstAt(tree: LazyTree, places: readonly string[]): Promise<FoundFile | undefined> {
  for (const place of places) {
    const found = await fileAt(tree, place)
    if (found !== undefined) return found
  }
  return undefined
}

async function fileAt(tree: LazyTree, path: string): Promise<FoundFile | undefined> {
  const found = await tree.find(path)
  return found?.kind === 'file' ? found : undefined
}

const systems: Readonly<Record<ProgramHeader['format'], readonly string[]>> = {
  elf: ['linux', 'freebsd', 'netbsd', 'openbsd', 'android', 'solaris', 'illumos'],
  pe: ['windows'],
  'mach-o': ['darwin', 'ios'],
  script: [],
}

/** 32-bit programs run on amd64; on arm64 many processors no longer run those for arm. */
function complaintAbout(path: string, { format, architectures }: ProgramHeader, claim: Platform): string | undefined {
  if (format === 'script') return undefined
  const name = formatPlatform(claim)
  if (!systems[format].includes(claim.os)) {
    return `${path} is a program in the format ${format}, and the image is for ${name}`
  }
  const [first] = architectures
  if (first === undefined || architectures.includes(claim.architecture)) return undefined
  if (claim.architecture === 'amd64' && architectures.includes('386')) return undefined
  return `${path} is compiled for ${architectures.join(', ')}, and the image is for ${name}`
}

function skip(reason: string): EntrypointReport {
  return { looked: [], findings: [], skipped: reason }
}

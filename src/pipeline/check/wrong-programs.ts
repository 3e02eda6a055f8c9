import { isToolError } from '../../errors/index.ts'
import {
  imageFromRaw,
  isAttestation,
  isConfigType,
  isIndexType,
  parseManifest,
  type Descriptor,
  type Image,
} from '../../image/index.ts'
import { checkEntrypoint } from '../../inspect/index.ts'
import type { NodeFacts } from '../../placement/index.ts'
import { formatPlatform, normalizePlatform, type Platform } from '../../platform/index.ts'
import { parseReference, withDigest, type Reference } from '../../reference/index.ts'
import type { RawManifest, Registry } from '../../registry/index.ts'
import type { Context } from '../contract.ts'

/** A platform that an image claims, and why its program does not run there. */
export interface WrongProgram {
  readonly platform: Platform
  readonly message: string
}

/**
 * Reads the headers of the programs that an image starts, for each platform that it claims and that nodes have. What cannot
 * be read is told by a warning and not held against the image.
 */
export async function findWrongPrograms(
  context: Pick<Context, 'registry' | 'emit' | 'signal'>,
  reference: string,
  nodes: readonly NodeFacts[],
): Promise<readonly WrongProgram[]> {
  try {
    const parsed = parseReference(reference)
    const name = parsed.tag === undefined && parsed.digest === undefined ? { ...parsed, tag: 'latest' } : parsed
    const registry = await context.registry()
    const look: Look = { registry, name, signal: context.signal, platforms: platformsOf(nodes) }
    const top = await registry.getManifest(name, context.signal)
    const checked = await Promise.all((await imagesOf(look, top)).map(async (image) => checkOne(look, image)))
    return checked.flat()
  } catch (error) {
    if (!isToolError(error) || error.code === 'ABORTED') throw error
    const text = `the programs of ${reference} cannot be looked at: ${error.message}`
    context.emit({ type: 'warning', text, ...(error.hint === undefined ? {} : { hint: error.hint }) })
    return []
  }
}

interface Look {
  readonly registry: Registry
  readonly name: Reference
  readonly signal: AbortSignal
  /** Of the nodes; empty: all are of interest. */
  readonly platforms: ReadonlySet<string>
}

function platformsOf(nodes: readonly NodeFacts[]): ReadonlySet<string> {
  return new Set(nodes.map(({ platform }) => `${platform.os}/${platform.architecture}`))
}

function isWanted({ platforms }: Look, { os, architecture }: Platform): boolean {
  return platforms.size === 0 || platforms.has(`${os}/${architecture}`)
}

async function imagesOf(look: Look, manifest: RawManifest, platform?: Platform): Promise<readonly Image[]> {
  const parsed = parseManifest(manifest.bytes, manifest.descriptor.mediaType)
  if (parsed.kind === 'image') {
    if (!isConfigType(parsed.manifest.config.mediaType)) return []
    const image = await readImage(look, manifest, { config: parsed.manifest.config, platform })
    return isWanted(look, normalizePlatform(image.platform)) ? [image] : []
  }
  const wanted = parsed.index.manifests.filter(
    (entry) =>
      !isAttestation(entry) &&
      !isIndexType(entry.mediaType) &&
      (entry.platform === undefined || isWanted(look, normalizePlatform(entry.platform))),
  )
  const images = wanted.map(async (entry) => {
    const child = await look.registry.getManifest(withDigest(look.name, entry.digest), look.signal)
    return imagesOf(look, child, entry.platform)
  })
  return (await Promise.all(images)).flat()
}

async function readImage(
  { registry, name, signal }: Look,
  { bytes, descriptor }: RawManifest,
  { config, platform }: { readonly config: Descriptor; readonly platform: Platform | undefined },
): Promise<Image> {
  const chunks: Uint8Array[] = []
  for await (const chunk of registry.getBlob(name, config, signal)) chunks.push(chunk)
  return imageFromRaw({
    rawManifest: bytes,
    rawConfig: Buffer.concat(chunks),
    descriptor: { ...descriptor, ...(platform === undefined ? {} : { platform }) },
    openLayer: (layer, layerSignal) => registry.getBlob(name, layer, layerSignal),
  })
}

async function checkOne({ registry, name, signal }: Look, image: Image): Promise<readonly WrongProgram[]> {
  const platform = normalizePlatform(image.platform)
  const { findings } = await checkEntrypoint(image, {
    platform,
    readPart: (layer) => (start, end) => registry.getBlobRange(name, layer.descriptor, { start, end, signal }),
    signal,
  })
  return findings.map((message) => ({ platform, message }))
}

/** Whether a program that is wrong was found for a platform. */
export function isWrongFor(wrong: readonly WrongProgram[], platform: Platform): boolean {
  return wrong.some((one) => formatPlatform(one.platform) === formatPlatform(platform))
}

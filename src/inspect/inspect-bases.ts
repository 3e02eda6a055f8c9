import type { Emit } from '../events/index.ts'
import { isToolError } from '../errors/index.ts'
import {
  isAttestation,
  isConfigType,
  parseConfig,
  parseManifest,
  type Descriptor,
  type Image,
  type ImageConfig,
  type ImageManifest,
} from '../image/index.ts'
import { formatPlatformFully, normalizePlatform, only, selectOne, type Platform } from '../platform/index.ts'
import type { RawManifest } from '../registry/index.ts'
import { memoizeAsync } from '../support/index.ts'

/** What builds take over from an image that they start from. */
export interface BaseImageFacts {
  /** The instructions of ONBUILD. */
  readonly triggers: readonly string[]
  /** `NAME=value` each. */
  readonly env: readonly string[]
}

/** Where an image name leads. */
export interface BaseImageStore {
  /** The digest that the name stands for now; undefined: there is no such image. */
  resolve(signal: AbortSignal): Promise<string | undefined>
  /** What the name stands for, or the manifest of that digest beside it. */
  getManifest(digest: string | undefined, signal: AbortSignal): Promise<RawManifest>
  open(descriptor: Descriptor, signal: AbortSignal): AsyncIterable<Uint8Array>
}

/** Looks at the images that builds start from. */
export interface BaseInspector {
  /**
   * The digest that a name stands for now, asked anew; undefined when there is no such image.
   * @throws REFERENCE_INVALID, LAYOUT_INVALID, REGISTRY_…
   */
  resolve(name: string, signal: AbortSignal): Promise<string | undefined>
  /**
   * What the name stood for when it was last asked for: its image for the platform, or without one for this machine, or the
   * first. Undefined, and said once, when it cannot be read; undefined as well when it is not there for the platform.
   */
  inspect(name: string, platform: Platform | undefined, signal: AbortSignal): Promise<BaseImageFacts | undefined>
  /** Whether images of that name were learned of. */
  hasLearned(name: string): boolean
  /** Takes note of images that were built here and have those names for other builds. */
  learn(names: readonly string[], images: readonly Image[]): void
}

/** What bases are inspected with. */
export interface BaseInspectorOptions {
  readonly open: (name: string) => Promise<BaseImageStore>
  /** This machine as containers see it. */
  readonly host: Platform
  /** What Docker's engine has under a name that no registry has. */
  readonly findLocally?: (name: string, signal: AbortSignal) => Promise<ImageConfig | undefined>
  readonly emit?: Emit
}

/** Makes an inspector that asks once for each name and reads each image once. */
export function createBaseInspector(options: BaseInspectorOptions): BaseInspector {
  const tools: BaseInspectorOptions = { ...options, open: memoizeAsync(options.open) }
  const own = new Map<string, readonly Image[]>()
  const asked = new Map<string, Asked>()
  const said = new Set<string>()
  const ask = (name: string, signal: AbortSignal): Asked => {
    const asking = askFor(name, tools, signal)
    asked.set(name, asking)
    return asking
  }
  const say = (name: string, reason: string): void => {
    if (said.has(name)) return
    said.add(name)
    options.emit?.({
      type: 'warning',
      text: `files that only ONBUILD of ${name} copies are not looked after: ${reason}`,
    })
  }
  return {
    resolve: async (name, signal) => ask(name, signal).digest,
    async inspect(name, platform, signal) {
      const images = own.get(name)
      if (images !== undefined) return factsOf(choose(images, platform, options.host)?.config)
      try {
        return await (asked.get(name) ?? ask(name, signal)).facts(platform)
      } catch (error) {
        signal.throwIfAborted()
        if (!isToolError(error)) throw error
        const local = await options.findLocally?.(name, signal)
        if (local === undefined) say(name, error.message)
        return factsOf(local)
      }
    },
    hasLearned: (name) => own.has(name),
    learn(names, images) {
      for (const name of names) own.set(name, images)
    },
  }
}

/** What is known of a name since it was asked for. */
interface Asked {
  readonly digest: Promise<string | undefined>
  /** Reads it once, whether that works or not. */
  readonly facts: (platform: Platform | undefined) => Promise<BaseImageFacts | undefined>
}

function askFor(name: string, tools: BaseInspectorOptions, signal: AbortSignal): Asked {
  const digest = tools.open(name).then((store) => store.resolve(signal))
  // whoever wants it sees that it failed
  digest.catch(() => {})
  const known = new Map<string, Promise<BaseImageFacts | undefined>>()
  return {
    digest,
    async facts(platform) {
      const key = platform === undefined ? '' : formatPlatformFully(normalizePlatform(platform))
      const reading = known.get(key) ?? digest.then(() => readFacts({ name, platform, signal }, tools))
      known.set(key, reading)
      return reading
    },
  }
}

interface Wanted {
  readonly name: string
  readonly platform: Platform | undefined
  readonly signal: AbortSignal
}

async function readFacts(wanted: Wanted, { open, host }: BaseInspectorOptions): Promise<BaseImageFacts | undefined> {
  const store = await open(wanted.name)
  const manifest = await imageManifest({ ...wanted, store, host })
  return manifest === undefined ? undefined : factsOf(await readConfig(manifest.config, store, wanted.signal))
}

function factsOf(found: ImageConfig | undefined): BaseImageFacts | undefined {
  return found === undefined ? undefined : { triggers: found.config?.OnBuild ?? [], env: found.config?.Env ?? [] }
}

/** That of the platform; without one that of this machine, or the first. */
function choose<T extends { readonly platform?: Platform }>(
  images: readonly T[],
  platform: Platform | undefined,
  host: Platform,
): T | undefined {
  const chosen = selectOne(only(platform ?? host), images, (one) => one.platform)
  return chosen ?? (platform === undefined ? images[0] : undefined)
}

async function imageManifest(
  wanted: Wanted & { readonly store: BaseImageStore; readonly host: Platform },
): Promise<ImageManifest | undefined> {
  const { store, platform, signal, host } = wanted
  const { bytes, descriptor } = await store.getManifest(undefined, signal)
  const parsed = parseManifest(bytes, descriptor.mediaType)
  if (parsed.kind === 'image') return parsed.manifest
  const images = parsed.index.manifests.filter((entry) => !isAttestation(entry))
  const entry = choose(images, platform, host)
  if (entry === undefined) return undefined
  const child = await store.getManifest(entry.digest, signal)
  const inner = parseManifest(child.bytes, child.descriptor.mediaType)
  return inner.kind === 'image' ? inner.manifest : undefined
}

async function readConfig(
  config: Descriptor,
  store: BaseImageStore,
  signal: AbortSignal,
): Promise<ImageConfig | undefined> {
  if (!isConfigType(config.mediaType)) return undefined
  const chunks: Uint8Array[] = []
  for await (const chunk of store.open(config, signal)) chunks.push(chunk)
  return parseConfig(Buffer.concat(chunks))
}

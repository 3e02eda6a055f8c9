import { ToolError } from '../errors/index.ts'
import type { Emit } from '../events/index.ts'
import type { Descriptor } from '../image/index.ts'
import { formatRepository, type Reference } from '../reference/index.ts'
import { readBlob, readBlobRange } from './blobs.ts'
import type { ByteSpan, RawManifest, Repository } from './contract.ts'
import type { Host } from './host/host.ts'
import type { Hosts } from './host/hosts.ts'
import { getManifest } from './manifests.ts'
import type { PullSource, Routes } from './mirrors/routes.ts'

/** Reads content: from a mirror when the machine's configuration names one, and from the registry when that fails. */
export interface Puller {
  manifest(reference: Reference, signal?: AbortSignal): Promise<RawManifest>
  blob(repository: Repository, descriptor: Descriptor, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, void>
  range(repository: Repository, descriptor: Descriptor, range: ByteSpan): AsyncGenerator<Uint8Array, void, void>
}

/** What a puller stands on. */
export interface PullerOptions {
  readonly hosts: Hosts
  readonly routes: Routes
  readonly emit: Emit
}

/** Warns once of each mirror that fails. */
export function createPuller(options: PullerOptions): Puller {
  const complaints = new Set<string>()
  const complain = (host: Host, error: ToolError): void => {
    const isAbsence = error.code === 'MANIFEST_UNKNOWN' || error.code === 'BLOB_UNKNOWN'
    if (isAbsence || complaints.has(host.registry)) return
    complaints.add(host.registry)
    options.emit({ type: 'warning', text: `the mirror ${host.registry} does not help: ${error.message}` })
  }
  const work: Work = { ...options, complain }
  const getOne = async (reference: Reference, signal?: AbortSignal): Promise<RawManifest> => {
    for (const source of await options.routes.pullSources(reference)) {
      const host = await options.hosts.ofSource(source)
      try {
        return await getManifest(host, source.reference, signal)
      } catch (error) {
        passOver(error, { host, source, work, signal })
      }
    }
    throw new ToolError('MANIFEST_UNKNOWN', `there is no place to get ${reference.repository} from`)
  }
  return {
    manifest: shareByDigest(getOne),
    blob: (repository, descriptor, signal) =>
      firstToFlow({ repository, descriptor, signal }, work, (host, from) =>
        readBlob(host, { repository: from, descriptor, signal }),
      ),
    range: (repository, descriptor, range) =>
      firstToFlow({ repository, descriptor, signal: range.signal }, work, (host, from) =>
        readBlobRange(host, { repository: from, descriptor, signal: range.signal }, range),
      ),
  }
}

type GetManifest = (reference: Reference, signal?: AbortSignal) => Promise<RawManifest>

/** One request at a time for the same content: who wants it meanwhile gets the same answer. */
function shareByDigest(get: GetManifest): GetManifest {
  const underway = new Map<string, Promise<RawManifest>>()
  return async (reference, signal) => {
    if (reference.digest === undefined) return get(reference, signal)
    const key = `${formatRepository(reference)}@${reference.digest}`
    const shared = underway.get(key)
    if (shared === undefined) {
      const asking = get(reference, signal).finally(() => underway.delete(key))
      underway.set(key, asking)
      return asking
    }
    try {
      return await shared
    } catch (error) {
      signal?.throwIfAborted()
      // that another one gave up is no reason to
      if (error instanceof ToolError && error.code !== 'ABORTED') throw error
      return get(reference, signal)
    }
  }
}

interface Work extends PullerOptions {
  readonly complain: (host: Host, error: ToolError) => void
}

interface Wanted {
  readonly repository: Repository
  readonly descriptor: Descriptor
  readonly signal: AbortSignal | undefined
}

type Open = (host: Host, from: Repository) => AsyncGenerator<Uint8Array, void, void>

/**
 * Once bytes have come from a place, the rest has to come from there as well.
 * @yields what the first place that answers sends
 */
async function* firstToFlow(wanted: Wanted, work: Work, open: Open): AsyncGenerator<Uint8Array, void, void> {
  const { registry, repository } = wanted.repository
  const { signal } = wanted
  for (const source of await work.routes.pullSources({ registry, repository, digest: wanted.descriptor.digest })) {
    const host = await work.hosts.ofSource(source)
    let hasBegun = false
    try {
      for await (const chunk of open(host, source.reference)) {
        hasBegun = true
        yield chunk
      }
      return
    } catch (error) {
      if (hasBegun) throw error
      passOver(error, { host, source, work, signal })
    }
  }
}

interface Failed {
  readonly host: Host
  readonly source: PullSource
  readonly work: Work
  readonly signal: AbortSignal | undefined
}

/** @throws the error unless another place is left to ask */
function passOver(error: unknown, { host, source, work, signal }: Failed): void {
  signal?.throwIfAborted()
  if (!source.isMirror || !(error instanceof ToolError)) throw error
  work.complain(host, error)
}

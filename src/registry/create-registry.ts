import type { Emit } from '../events/index.ts'
import type { HttpClientOptions } from '../http/index.ts'
import type { RunProcess } from '../subprocess/index.ts'
import type { BlobPush } from './blob-work.ts'
import { readBlob } from './blobs.ts'
import type { PushOutcome, Registry, Repository } from './contract.ts'
import { createHost, type Host } from './host/host.ts'
import { createTransport } from './host/transport.ts'
import { trustOf, type TrustOptions } from './host/trust.ts'
import { createKeychain } from './keychain/keychain.ts'
import { getManifest, putManifest, resolveManifest } from './manifests.ts'
import { pushBlob } from './push-blob.ts'
import { listTags } from './tags.ts'

/** Everything a registry client is made of. */
export interface RegistryOptions extends TrustOptions {
  /** Read for the places of credentials and for proxies, and given to credential helpers. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly runProcess: RunProcess
  /** Told of warnings: a credential helper that is missing. */
  readonly emit?: Emit
  readonly http?: HttpClientOptions
  /** Texts of `.dockerconfigjson`, asked before the files of docker and podman. */
  readonly pullSecrets?: readonly string[]
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

/** A client for every registry. Nothing is read and nobody is asked before the first call. */
export function createRegistry(options: RegistryOptions): Registry {
  const transport = createTransport(options)
  const keychain = createKeychain({ ...options, emit: options.emit ?? ignore })
  const hosts = new Map<string, Host>()
  const hostOf = ({ registry }: Pick<Repository, 'registry'>): Host => {
    const host =
      hosts.get(registry) ??
      createHost({
        registry,
        trust: trustOf(registry, options),
        transport,
        credentialsFor: async (repository) => keychain.credentialsFor(registry, repository),
        now: options.now ?? Date.now,
      })
    hosts.set(registry, host)
    return host
  }
  const push = createPusher(hostOf)
  return {
    resolve: async (reference, signal) => resolveManifest(hostOf(reference), reference, signal),
    getManifest: async (reference, signal) => getManifest(hostOf(reference), reference, signal),
    getBlob: (repository, descriptor, signal) => readBlob(hostOf(repository), { repository, descriptor, signal }),
    pushBlob: async (repository, blob, signal) => push({ repository, blob, signal }),
    async putManifest(reference, manifest, signal) {
      await putManifest(hostOf(reference), reference, { manifest, signal })
    },
    listTags: async (repository, signal) => listTags(hostOf(repository), repository, signal),
    close: async () => transport.close(),
  }
}

/** What is there stays there for the run; the same blob on its way is waited for, not sent twice. */
function createPusher(hostOf: (repository: Repository) => Host): (push: BlobPush) => Promise<PushOutcome> {
  const known = new Map<string, Promise<PushOutcome>>()
  return async (push) => {
    const { registry, repository } = push.repository
    const key = `${registry}/${repository}@${push.blob.descriptor.digest}`
    const earlier = known.get(key)
    if (earlier !== undefined) {
      await earlier
      return 'exists'
    }
    const pushing = pushBlob(hostOf(push.repository), push)
    known.set(key, pushing)
    try {
      return await pushing
    } catch (error) {
      known.delete(key)
      throw error
    }
  }
}

function ignore(): void {
  // nobody wants to know
}

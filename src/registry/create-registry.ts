import type { Emit } from '../events/index.ts'
import type { HttpClientOptions } from '../http/index.ts'
import type { RunProcess } from '../subprocess/index.ts'
import type { BlobPush } from './blob-work.ts'
import { hasBlob } from './blobs.ts'
import type { PushOutcome, Registry, Repository } from './contract.ts'
import type { Host } from './host/host.ts'
import { createHosts } from './host/hosts.ts'
import { createTransport } from './host/transport.ts'
import type { TrustOptions } from './host/trust.ts'
import { createKeychain } from './keychain/keychain.ts'
import type { Login } from './keychain/store-credentials.ts'
import { putManifest, resolveManifest } from './manifests.ts'
import { createRoutes } from './mirrors/routes.ts'
import { createPuller } from './pull.ts'
import { pushBlob } from './push-blob.ts'
import { keepReferrer, listReferrers } from './referrers.ts'
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
  /** Asked for a login when nothing is stored for a registry. */
  readonly lastResort?: (registry: string) => Promise<Login | undefined>
  /** Where docker's, podman's and containerd's settings of this machine are: `/etc` when absent. */
  readonly systemFolder?: string
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

/** A client for every registry. Nothing is read and nobody is asked before the first call. */
export function createRegistry(options: RegistryOptions): Registry {
  const emit = options.emit ?? ignore
  const systemFolder = options.systemFolder ?? '/etc'
  const transport = createTransport(options)
  const keychain = createKeychain({ ...options, emit })
  const routes = createRoutes({ env: options.env, systemFolder })
  const now = options.now ?? Date.now
  const hosts = createHosts({ ...options, systemFolder, transport, keychain, routes, now })
  const hostOf = async ({ registry }: Pick<Repository, 'registry'>): Promise<Host> => hosts.of(registry)
  const pull = createPuller({ hosts, routes, emit })
  const push = createPusher(hostOf)
  return {
    // what a push decides by must be the registry's own word
    resolve: async (reference, signal) => resolveManifest(await hostOf(reference), reference, signal),
    getManifest: async (reference, signal) => pull.manifest(reference, signal),
    getBlob: (repository, descriptor, signal) => pull.blob(repository, descriptor, signal),
    getBlobRange: (repository, descriptor, range) => pull.range(repository, descriptor, range),
    hasBlob: async (repository, descriptor, signal) =>
      hasBlob(await hostOf(repository), { repository, descriptor, signal }),
    pushBlob: async (repository, blob, signal) => push({ repository, blob, signal }),
    async putManifest(reference, manifest, signal) {
      const host = await hostOf(reference)
      const answer = await putManifest(host, reference, { manifest, signal })
      await keepReferrer(host, { reference, manifest, answer, signal })
    },
    listReferrers: async (reference, query) => listReferrers(await hostOf(reference), { reference, ...query }),
    listTags: async (repository, signal) => listTags(await hostOf(repository), repository, signal),
    close: async () => transport.close(),
  }
}

/**
 * What is there stays there for the run; the same blob on its way is waited for, not sent twice. A blob that is in
 * another repository of the registry by now is mounted from there.
 */
function createPusher(hostOf: (repository: Repository) => Promise<Host>): (push: BlobPush) => Promise<PushOutcome> {
  const known = new Map<string, Promise<PushOutcome>>()
  const places = new Map<string, Repository>()
  return async (push) => {
    const { registry, repository } = push.repository
    const { digest } = push.blob.descriptor
    const key = `${registry}/${repository}@${digest}`
    const earlier = known.get(key)
    if (earlier !== undefined) {
      await earlier
      return 'exists'
    }
    const place = places.get(`${registry}@${digest}`)
    const pushing = hostOf(push.repository).then(async (host) => pushBlob(host, withPlace(push, place)))
    known.set(key, pushing)
    try {
      const outcome = await pushing
      places.set(`${registry}@${digest}`, { registry, repository })
      return outcome
    } catch (error) {
      known.delete(key)
      throw error
    }
  }
}

function withPlace(push: BlobPush, place: Repository | undefined): BlobPush {
  const { blob, repository } = push
  if (place === undefined || blob.knownIn?.registry === repository.registry) return push
  return { ...push, blob: { descriptor: blob.descriptor, open: (signal) => blob.open(signal), knownIn: place } }
}

function ignore(): void {
  // nobody wants to know
}

import { apiHost } from '../../reference/index.ts'
import { memoizeAsync } from '../../support/index.ts'
import type { Keychain } from '../keychain/keychain.ts'
import type { MirrorAddress, PullSource, Routes } from '../mirrors/routes.ts'
import { certificatesFor, withAuthorities, type CertificateOptions } from './certificates.ts'
import { createHost, type Host } from './host.ts'
import type { Transport } from './transport.ts'
import { trustOf, unverified, type HostTrust, type TrustOptions } from './trust.ts'

/** The hosts of a run, each made once. */
export interface Hosts {
  /** The registry itself. */
  of(registry: string): Promise<Host>
  /** Where a pull may come from. */
  ofSource(source: PullSource): Promise<Host>
}

/** What hosts are made of. */
export interface HostsOptions extends TrustOptions, CertificateOptions {
  readonly transport: Transport
  readonly keychain: Keychain
  readonly routes: Routes
  readonly now: () => number
}

/** Reads certificates and the machine's configuration at a host's first use. Credentials are looked up by the host's own name. */
export function createHosts(options: HostsOptions): Hosts {
  const { transport, keychain, now } = options
  const make = (registry: string, trust: HostTrust, mirror?: MirrorAddress): Host =>
    createHost({
      registry,
      trust,
      transport,
      now,
      credentialsFor: async (repository) => keychain.credentialsFor(registry, repository),
      ...(mirror === undefined ? {} : { mirror }),
    })
  const registries = memoizeAsync(async (registry: string) => make(registry, await trustFor(registry, options)))
  const mirrors = new Map<string, Promise<Host>>()
  const mirrorOf = async (address: MirrorAddress): Promise<Host> =>
    make(address.url.host, await mirrorTrust(address, options), address)
  return {
    of: registries,
    async ofSource({ reference, address }) {
      if (address === undefined) return registries(reference.registry)
      const key = `${address.url.href} ${address.namespace}`
      const mirror = mirrors.get(key) ?? mirrorOf(address)
      mirrors.set(key, mirror)
      return mirror
    },
  }
}

async function trustFor(registry: string, options: HostsOptions): Promise<HostTrust> {
  const listed = await options.routes.insecureRegistries()
  const insecureRegistries = [...(options.insecureRegistries ?? []), ...listed]
  const trust = trustOf(registry, { ...options, insecureRegistries })
  const own = await certificatesFor(apiHost(registry), options)
  return own === undefined ? trust : { ...trust, tls: { ...own, ...trust.tls } }
}

async function mirrorTrust({ url, skipVerify, ca }: MirrorAddress, options: HostsOptions): Promise<HostTrust> {
  const scheme = url.protocol === 'http:' ? 'http' : 'https'
  const authorities = ca.length === 0 ? await certificatesFor(url.host, options) : await withAuthorities(ca, options)
  return {
    schemes: [scheme],
    tls: skipVerify ? { ...authorities, ...unverified } : authorities,
    isInsecure: skipVerify || scheme === 'http',
  }
}

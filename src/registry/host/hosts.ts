import type { TlsOptions } from '../../http/index.ts'
import { apiHost } from '../../reference/index.ts'
import { memoizeAsync } from '../../support/index.ts'
import type { Keychain } from '../keychain/keychain.ts'
import type { HostAccess } from '../mirrors/hosts-toml.ts'
import type { MirrorAddress, PullSource, Routes } from '../mirrors/routes.ts'
import { certificatesFor, certificatesNamed, type CertificateOptions } from './certificates.ts'
import { connectionError } from '../failure.ts'
import { chooseClient } from './client-choice.ts'
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
  const make = (registry: string, { trust, headers }: Reached, mirror?: MirrorAddress): Host =>
    createHost({
      registry,
      trust,
      headers,
      transport,
      now,
      credentialsFor: async (repository) => keychain.credentialsFor(registry, repository),
      ...(mirror === undefined ? {} : { mirror }),
    })
  const registries = memoizeAsync(async (registry: string) => make(registry, await reachRegistry(registry, options)))
  const addresses = new Map<string, MirrorAddress>()
  const mirrors = memoizeAsync(async (key: string) => {
    const address = addresses.get(key)
    return address === undefined
      ? registries(key)
      : make(address.url.host, await reachMirror(address, options), address)
  })
  return {
    of: registries,
    async ofSource({ reference, address }) {
      if (address === undefined) return registries(reference.registry)
      const key = `${address.url.href} ${address.namespace}`
      addresses.set(key, address)
      return mirrors(key)
    },
  }
}

/** How a host is reached. */
interface Reached {
  readonly trust: HostTrust
  readonly headers: Readonly<Record<string, string>>
}

async function reachRegistry(registry: string, options: HostsOptions): Promise<Reached> {
  const [listed, access] = await Promise.all([options.routes.insecureRegistries(), options.routes.ownAccess(registry)])
  const insecureRegistries = [...(options.insecureRegistries ?? []), ...listed]
  const skipTlsVerify = options.skipTlsVerify === true || access?.skipVerify === true
  const trust = trustOf(registry, { ...options, skipTlsVerify, insecureRegistries })
  const host = apiHost(registry)
  const all = (await ownCertificates(host, access, options)).map((own) => ({ ...own, ...trust.tls }))
  const tls = await fitting(all, new URL(`https://${host}/v2/`), options)
  return { trust: { ...trust, tls: tls ?? trust.tls }, headers: access?.headers ?? {} }
}

async function reachMirror(address: MirrorAddress, options: HostsOptions): Promise<Reached> {
  const { url, skipVerify, headers } = address
  const scheme = url.protocol === 'http:' ? 'http' : 'https'
  const own = await ownCertificates(url.host, address, options)
  const all = skipVerify ? own.map((tls) => ({ ...tls, ...unverified })) : own
  const tls = scheme === 'http' ? all[0] : await fitting(all, new URL(`${url.href.replace(/\/$/, '')}/`), options)
  const trust = {
    schemes: [scheme] as const,
    tls: tls ?? (skipVerify ? unverified : undefined),
    isInsecure: skipVerify || scheme === 'http',
  }
  return { trust, headers }
}

/** With several client certificates the host is asked which it takes. */
async function fitting(
  all: readonly TlsOptions[],
  url: URL,
  { transport }: HostsOptions,
): Promise<TlsOptions | undefined> {
  if (all.length < 2) return all[0]
  try {
    return await chooseClient(url.host, all, async (tls) =>
      transport.request({ method: 'GET', url: url.href }, { tls }),
    )
  } catch (error) {
    throw connectionError(error, url.host)
  }
}

/** Those that containerd's configuration names, else those that lie in the host's folder. */
async function ownCertificates(
  host: string,
  access: HostAccess | undefined,
  options: HostsOptions,
): Promise<readonly TlsOptions[]> {
  const isNamed = access !== undefined && access.ca.length + access.clients.length > 0
  return isNamed ? certificatesNamed(access, options) : certificatesFor(host, options)
}

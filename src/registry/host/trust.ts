import { BlockList, isIP } from 'node:net'
import { isLoopbackHost, type TlsOptions } from '../../http/index.ts'

/** How one host is reached. */
export interface HostTrust {
  /** In the order to try them. */
  readonly schemes: readonly ('http' | 'https')[]
  readonly tls: TlsOptions | undefined
  /** Whether the user said that it need not be safe. */
  readonly isInsecure: boolean
}

/** What the user said about safety. */
export interface TrustOptions {
  /** Hosts, with their port, or CIDR blocks: any certificate will do, and http where there is no TLS. */
  readonly insecureRegistries?: readonly string[]
  /** Nothing but http, to every host. */
  readonly plainHttp?: boolean
  /** Any certificate will do, at every host; http is not tried. */
  readonly skipTlsVerify?: boolean
}

/** Any certificate will do. One object for all hosts: they share connections. */
export const unverified: TlsOptions = { rejectUnauthorized: false }

/** Names and addresses of this machine try http first; anything else is https unless the user says otherwise. */
export function trustOf(host: string, options: TrustOptions): HostTrust {
  if (options.plainHttp === true) return { schemes: ['http'], tls: undefined, isInsecure: true }
  const isListed = (options.insecureRegistries ?? []).some((entry) => isEntryFor(entry, host))
  const isUnverified = isListed || options.skipTlsVerify === true
  const tls = isUnverified ? unverified : undefined
  if (isLoopbackHost(host)) return { schemes: ['http', 'https'], tls, isInsecure: true }
  return { schemes: isListed ? ['https', 'http'] : ['https'], tls, isInsecure: isUnverified }
}

function isEntryFor(entry: string, host: string): boolean {
  const name = entry.toLowerCase().replace(/^https?:\/\//, '')
  const block = /^([\da-f.:]+)\/(\d{1,3})$/.exec(name)
  if (block === null) return isHost(name.replace(/\/.*$/, ''), host.toLowerCase())
  const address = host.replace(/^\[?(.*?)\]?(?::\d+)?$/, '$1')
  return isInBlock(address, block[1] ?? '', Number(block[2]))
}

/** `*.example.com`, as in `registries.conf`, is every host below. */
function isHost(pattern: string, host: string): boolean {
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : pattern === host
}

function isInBlock(address: string, network: string, bits: number): boolean {
  const family = isIP(network)
  if (family === 0 || isIP(address) !== family || bits > (family === 4 ? 32 : 128)) return false
  const list = new BlockList()
  list.addSubnet(network, bits, family === 4 ? 'ipv4' : 'ipv6')
  return list.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

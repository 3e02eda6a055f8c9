import { BlockList, isIP } from 'node:net'
import { ToolError } from '../../errors/index.ts'
import { isLoopbackHost, type HttpResponse } from '../../http/index.ts'

/** About the registry whose answer is looked at. */
export interface OriginRules {
  /** Host with an optional port. */
  readonly registry: string
  /** Whether it is reached without safety, by http or without a checked certificate. */
  readonly isInsecure: boolean
}

/**
 * The one way from a `Location`, a redirect or a `Link` to a URL: relative ones are resolved, query parameters kept.
 * Whoever sends a request there adds credentials only when the origin is the registry's own. An `http:` address of the
 * registry's own host, as proxies that end TLS give it, is read as `https:`.
 * @throws REGISTRY_ANSWER_INVALID for no URL, for a step down from https to http, and for an address inside the
 *   machine or its link that the registry has no business naming
 */
export function resolveLocation(location: string, answer: Pick<HttpResponse, 'url'>, rules: OriginRules): URL {
  const from = new URL(answer.url)
  const to = parseUrl(location, from)
  if (to === undefined || !['http:', 'https:'].includes(to.protocol) || to.username !== '') {
    throw invalid(rules, 'sent us to a place that is no address')
  }
  if (from.protocol === 'https:' && to.protocol === 'http:') {
    if (isSameHost(to, from)) return new URL(from.origin + to.pathname + to.search)
    if (!rules.isInsecure) throw invalid(rules, `sent us from https to ${to.origin}, which is not safe`)
  }
  if (isNearby(to.hostname) && to.hostname !== from.hostname && !isLoopbackHost(from.hostname)) {
    throw invalid(rules, `sent us to ${to.host}, an address of this machine or its link`)
  }
  return to
}

function isSameHost(to: URL, from: URL): boolean {
  return to.hostname === from.hostname && (to.port === '' || to.port === from.port)
}

/** This machine, or its link: where cloud providers keep their secrets. */
function isNearby(hostname: string): boolean {
  return isLoopbackHost(hostname) || isIn(linkLocal, hostname)
}

/**
 * The token server that a challenge names.
 * @throws REGISTRY_ANSWER_INVALID unless it is https (http only for an insecure registry) and no private or link-local
 *   address other than the registry's own
 */
export function checkRealm(realm: string, rules: OriginRules): URL {
  const url = parseUrl(realm)
  if (url === undefined) throw invalid(rules, `names the token server "${realm}", which is no address`)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && rules.isInsecure)) {
    throw invalid(rules, `names the token server ${url.origin}, which is not reached by https`)
  }
  const own = new URL(`https://${rules.registry}`).hostname
  const isInside = isNearby(url.hostname) || isIn(privateUse, url.hostname)
  if (isInside && url.hostname !== own && !(isLoopbackHost(url.hostname) && isLoopbackHost(own))) {
    throw invalid(rules, `names the token server ${url.host}, a private address that is not its own`)
  }
  return url
}

const linkLocal = new BlockList()
linkLocal.addSubnet('169.254.0.0', 16, 'ipv4')
linkLocal.addSubnet('0.0.0.0', 8, 'ipv4')
linkLocal.addSubnet('fe80::', 10, 'ipv6')
linkLocal.addAddress('::', 'ipv6')

const privateUse = new BlockList()
privateUse.addSubnet('10.0.0.0', 8, 'ipv4')
privateUse.addSubnet('172.16.0.0', 12, 'ipv4')
privateUse.addSubnet('192.168.0.0', 16, 'ipv4')
privateUse.addSubnet('100.64.0.0', 10, 'ipv4')
privateUse.addSubnet('fc00::', 7, 'ipv6')

function isIn(block: BlockList, hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, '')
  const family = isIP(address)
  return family !== 0 && block.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

function parseUrl(text: string, base?: URL): URL | undefined {
  try {
    return new URL(text, base)
  } catch {
    return undefined
  }
}

function invalid(rules: OriginRules, what: string): ToolError {
  return new ToolError('REGISTRY_ANSWER_INVALID', `${rules.registry} ${what}`, {
    hint: 'check the address of the registry, or ask who runs it',
  })
}

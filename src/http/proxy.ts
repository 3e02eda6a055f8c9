import { BlockList, isIP, isIPv4 } from 'node:net'
import type { ProxyOptions } from './contract.ts'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Whether a host, as URLs and references write it (a port is ignored), is this machine by name or address. */
export function isLoopbackHost(host: string): boolean {
  const name = bareHost(host)
  if (name === 'localhost' || name.endsWith('.localhost')) return true
  return contains(loopback, name)
}

/** The proxies that the environment names; lower-case names win, as with curl and Go. ALL_PROXY is what is left. */
export function proxyFromEnv(env: Readonly<Record<string, string | undefined>>): ProxyOptions {
  const read = (name: string): string => env[name.toLowerCase()] ?? env[name] ?? ''
  const all = read('ALL_PROXY')
  const [http, https] = ['HTTP_PROXY', 'HTTPS_PROXY'].map((name) => read(name) || all)
  const noProxy = read('NO_PROXY')
  return {
    ...(http === undefined || http === '' ? {} : { http }),
    ...(https === undefined || https === '' ? {} : { https }),
    ...(noProxy === '' ? {} : { noProxy }),
  }
}

/**
 * The proxy for a URL, or undefined for a direct connection. Rules as Go's `httpproxy`: a domain covers its subdomains,
 * with a leading dot only these; addresses and CIDR blocks compare as addresses; a port must be the URL's.
 * @see https://pkg.go.dev/golang.org/x/net/http/httpproxy
 */
export function proxyFor(url: URL, options: ProxyOptions): string | undefined {
  const proxy = url.protocol === 'https:' ? options.https : options.http
  if (proxy === undefined || (options.forLoopback !== true && isLoopbackHost(url.hostname))) return undefined
  const rules = (options.noProxy ?? '').split(/[\s,]+/).filter((rule) => rule !== '')
  if (rules.some((rule) => isCovered(url, rule.toLowerCase()))) return undefined
  return proxy.includes('://') ? proxy : `http://${proxy}`
}

function isCovered(url: URL, rule: string): boolean {
  if (rule === '*') return true
  const host = bareHost(url.hostname)
  if (rule.includes('/')) return isInBlock(host, rule)
  const { name, port } = splitPort(rule)
  if (port !== undefined && port !== (url.port || defaultPorts[url.protocol])) return false
  if (familyOf(name) !== 0) return name === host
  const domain = name.replace(/^\*/, '')
  return domain.startsWith('.') ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`)
}

const defaultPorts: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' }

function isInBlock(host: string, rule: string): boolean {
  const [address = '', bits = ''] = rule.split('/')
  const family = familyOf(address)
  const length = Number(bits)
  if (family === 0 || !Number.isInteger(length) || length < 0 || length > (family === 4 ? 32 : 128)) return false
  const block = new BlockList()
  block.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6')
  return contains(block, host)
}

function contains(block: BlockList, host: string): boolean {
  const family = familyOf(host)
  return family !== 0 && block.check(host, family === 4 ? 'ipv4' : 'ipv6')
}

/** 4, 6, or 0 for a name. Node.js looks for 6 with an expression that takes some milliseconds to compile: not for names. */
function familyOf(host: string): number {
  if (host.includes(':')) return isIP(host)
  return isIPv4(host) ? 4 : 0
}

/** The host in lower case, without port and brackets. */
function bareHost(host: string): string {
  return splitPort(host.toLowerCase()).name
}

function splitPort(text: string): { readonly name: string; readonly port: string | undefined } {
  if (text.split(':').length > 2 && familyOf(text) === 6) return { name: text, port: undefined }
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(text)
  return { name: match?.[1] ?? match?.[2] ?? text, port: match?.[3] }
}

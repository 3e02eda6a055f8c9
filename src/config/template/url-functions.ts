import { failure, toText, type TemplateFunction } from './function.ts'
import type { Value, ValueMap } from './value.ts'

/** Sprig's functions on URLs. */
export const urlFunctions: Readonly<Record<string, TemplateFunction>> = {
  urlJoin: { takes: 'm', run: ({ map }) => joinUrl(map(0)) },
  urlParse: { takes: 's', run: ({ text }) => parseUrl(text(0)) },
}

const urlPattern =
  /^(?:(?<scheme>[A-Za-z][A-Za-z\d+.-]*):)?(?<authority>\/\/[^/?#]*)?(?<path>[^?#]*)(?:\?(?<query>[^#]*))?(?:#(?<fragment>[\s\S]*))?$/

function parseUrl(text: string): Value {
  const groups = new Map(Object.entries(urlPattern.exec(text)?.groups ?? {}))
  const part = (name: string): string => groups.get(name) ?? ''
  const authority = part('authority').slice(2)
  const at = authority.lastIndexOf('@')
  const host = authority.slice(at + 1)
  const isOpaque = part('scheme') !== '' && part('authority') === '' && !part('path').startsWith('/')
  return new Map<string, Value>([
    ['scheme', part('scheme').toLowerCase()],
    ['host', host],
    ['hostname', host.replace(/:\d*$/, '').replaceAll(/^\[|\]$/g, '')],
    ['path', isOpaque ? '' : decode(part('path'))],
    ['query', part('query')],
    ['opaque', isOpaque ? part('path') : ''],
    ['fragment', decode(part('fragment'))],
    ['userinfo', authority.slice(0, Math.max(0, at))],
  ])
}

function joinUrl(map: ValueMap): string {
  const part = (name: string, before = '', after = ''): string => {
    const text = toText(map.get(name))
    return text === '' ? '' : before + text + after
  }
  const user = part('userinfo', '', '@')
  const authority = user + part('host') === '' ? '' : `//${user}${part('host')}`
  const path = authority === '' ? part('path') : part('path').replace(/^(?=[^/])/, '/')
  return part('scheme', '', ':') + (part('opaque') || authority + path) + part('query', '?') + part('fragment', '#')
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (!(error instanceof URIError)) throw error
    throw failure(`invalid URL escape in ${JSON.stringify(text)}`)
  }
}

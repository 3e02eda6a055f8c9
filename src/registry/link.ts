import { ToolError } from '../errors/index.ts'
import type { HttpResponse } from '../http/index.ts'
import type { Host } from './host/host.ts'

/**
 * The page after this one, by its `Link: <url>; rel="next"`; undefined on the last.
 * @throws REGISTRY_ANSWER_INVALID when it is at another origin, or this very page
 */
export function nextPage(host: Host, response: HttpResponse): URL | undefined {
  const link = nextLink(response.headers['link'] ?? '')
  if (link === undefined) return undefined
  const next = host.locate(link, response)
  if (next.origin !== new URL(response.url).origin) {
    throw new ToolError('REGISTRY_ANSWER_INVALID', `${host.registry} continues a list at ${next.origin}`)
  }
  if (next.href === response.url) {
    throw new ToolError('REGISTRY_ANSWER_INVALID', `${host.registry} gives the same page of a list again`)
  }
  return next
}

/** @see https://www.rfc-editor.org/rfc/rfc8288#section-3 */
function nextLink(header: string): string | undefined {
  for (const match of header.matchAll(/<([^>]*)>((?:\s*;\s*[^\s=;,]+(?:\s*=\s*(?:"[^"]*"|[^",;]*))?)*)/g)) {
    const relations = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]*))/i.exec(match[2] ?? '')
    if ((relations?.[1] ?? relations?.[2] ?? '').toLowerCase().split(/\s+/).includes('next')) return match[1]
  }
  return undefined
}

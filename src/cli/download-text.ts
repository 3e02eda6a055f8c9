import { redact, ToolError } from '../errors/index.ts'
import { createHttpClient, proxyFromEnv, readText } from '../http/index.ts'
import type { Invocation } from './command.ts'

const mostRedirects = 10
const maxBytes = 10 * 1024 * 1024

/**
 * The text behind a URL; redirects are followed.
 * @throws FILE_UNREADABLE when the server does not give it, HTTP_…
 */
export async function downloadText(url: string, { env, signal }: Invocation): Promise<string> {
  const http = createHttpClient({ proxy: proxyFromEnv(env) })
  try {
    let next = url
    for (let redirects = 0; redirects <= mostRedirects; redirects += 1) {
      const response = await http.request({ method: 'GET', url: next, signal })
      const location = response.headers['location']
      if (response.status === 200) return await readText(response, { maxBytes })
      await response.discard()
      if (response.status < 300 || response.status > 399 || location === undefined) {
        throw unreadable(url, `${next} answered with ${response.status}`)
      }
      next = new URL(location, next).href
    }
    throw unreadable(url, 'it is redirected again and again')
  } finally {
    await http.close()
  }
}

function unreadable(url: string, reason: string): ToolError {
  return new ToolError('FILE_UNREADABLE', `cannot read the configuration ${redact(url)}: ${redact(reason)}`, {
    hint: 'check the URL of -f',
  })
}

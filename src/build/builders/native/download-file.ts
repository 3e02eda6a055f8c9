import { createHash, randomUUID } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { isToolError, redact, ToolError } from '../../../errors/index.ts'
import type { HttpClient, HttpResponse } from '../../../http/index.ts'
import { verifyStream } from '../../../image/index.ts'
import { fileContent } from '../../../layer/index.ts'
import { partContent } from './contents.ts'
import type { Content } from './file-tree.ts'
import { spoolFile } from './spool-file.ts'

/** What `ADD` of a URL fetches. */
export interface Download {
  readonly url: string
  /** `sha256:…` that the bytes must have. */
  readonly checksum: string | undefined
}

/** What downloads are made with. */
export interface DownloadTools {
  readonly http: HttpClient
  readonly workFolder: string
  readonly signal: AbortSignal
}

const maxRedirects = 10

/**
 * Fetches a file into the work folder; with a checksum, once.
 * @throws BUILD_DOWNLOAD_FAILED, BUILD_CHECKSUM_MISMATCH, DIGEST_INVALID, DISK_FULL, HTTP_…
 */
export async function downloadFile({ url, checksum }: Download, tools: DownloadTools): Promise<Content> {
  const path = join(tools.workFolder, `download-${(checksum ?? randomUUID()).replace(':', '-')}`)
  await spoolFile(path, checkedBytes({ url, checksum }, tools), tools.signal)
  const id = checksum ?? (await digestOfFile(path))
  return partContent(path, { id, start: 0, sizeBytes: statSync(path).size })
}

/** The last component of the URL's path. */
export function fileNameOf(url: string): string {
  const name = URL.canParse(url) ? new URL(url).pathname.split('/').at(-1) : undefined
  return name === undefined || name === '' ? '__unnamed__' : name
}

async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of fileContent(path)) hash.update(chunk)
  return `sha256:${hash.digest('hex')}`
}

async function* checkedBytes(
  { url, checksum }: Download,
  tools: DownloadTools,
): AsyncGenerator<Uint8Array, void, void> {
  const { body } = await follow(url, tools)
  if (checksum === undefined) {
    yield* body
    return
  }
  try {
    yield* verifyStream(body, { digest: checksum }, redact(url))
  } catch (error) {
    if (!isToolError(error, 'DIGEST_MISMATCH')) throw error
    throw new ToolError('BUILD_CHECKSUM_MISMATCH', error.message.replace('its descriptor', '--checksum'), {
      hint: 'check where the file comes from, then write its digest into --checksum',
      cause: error,
    })
  }
}

async function follow(first: string, { http, signal }: DownloadTools): Promise<HttpResponse> {
  let url = first
  for (let hops = 0; hops <= maxRedirects; hops += 1) {
    const response = await http.request({ method: 'GET', url, signal })
    if (response.status === 200) return response
    await response.discard()
    const location = isRedirect(response.status) ? response.headers['location'] : undefined
    if (location === undefined) throw failed(first, `the server answered ${response.status}`)
    url = new URL(location, url).href
  }
  throw failed(first, `more than ${maxRedirects} redirects`)
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status)
}

function failed(url: string, why: string): ToolError {
  return new ToolError('BUILD_DOWNLOAD_FAILED', `${redact(url)} was not fetched: ${why}`, {
    hint: 'check the URL, or keep the file in the build context',
  })
}

import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { redact, ToolError } from '../../errors/index.ts'
import { createHttpClient, proxyFromEnv, readText, type HttpClient } from '../../http/index.ts'
import { parseResources, type Resource } from '../../resource/index.ts'
import { expandGlobs } from '../../workspace/index.ts'
import type { SourceOutside } from './outside.ts'

/** Fetches folders and files of Google's buckets. @throws REMOTE_MANIFEST_FAILED for what is no text, GOOGLE_… */
export async function readBuckets(
  { google, signal }: SourceOutside,
  urls: readonly string[],
): Promise<readonly (readonly Resource[])[]> {
  if (urls.length === 0) return []
  const { downloadTree, openStorage } = await import('../../google/index.ts')
  const storage = openStorage(await google())
  const target = await mkdtemp(join(tmpdir(), 'catamaran-manifests-'))
  try {
    for (const [index, source] of urls.entries()) {
      const folder = join(target, String(index))
      await mkdir(folder)
      await downloadTree(storage, { source, folder, signal })
    }
    const files = await expandGlobs(target, ['**'], { whenNone: 'nothing' })
    return await Promise.all(
      files.map(async (file) => parseResources(await readFile(file, 'utf8'), nameIn(target, urls, file))),
    )
  } finally {
    await rm(target, { recursive: true, force: true })
  }
}

/** The URL that a file came from, and where it is in what the URL means. */
function nameIn(target: string, urls: readonly string[], file: string): string {
  const [index = '', ...path] = relative(target, file).split(sep)
  return `${urls[Number(index)] ?? ''} (${path.join('/')})`
}

/** Fetches manifests by their URLs, redirects followed. @throws REMOTE_MANIFEST_FAILED, HTTP_… */
export async function readUrls(
  outside: SourceOutside,
  urls: readonly string[],
): Promise<readonly (readonly Resource[])[]> {
  if (urls.length === 0) return []
  const http = createHttpClient({ proxy: proxyFromEnv(outside.env) })
  try {
    return await Promise.all(
      urls.map(async (url) => parseResources(await fetchText(http, url, outside.signal), redact(url))),
    )
  } finally {
    await http.close()
  }
}

const maxManifestBytes = 256 * 1024 * 1024
const maxRedirects = 10

async function fetchText(http: HttpClient, url: string, signal: AbortSignal): Promise<string> {
  let next = url
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const response = await http.request({ method: 'GET', url: next, signal })
    const location = response.headers['location']
    if (response.status === 200) return readText(response, { maxBytes: maxManifestBytes })
    await response.discard()
    if (response.status < 300 || response.status > 399 || location === undefined) {
      throw unreadable(url, `the server answered with ${response.status}`)
    }
    next = new URL(location, next).href
  }
  throw unreadable(url, 'it is redirected again and again')
}

function unreadable(url: string, reason: string): ToolError {
  return new ToolError('REMOTE_MANIFEST_FAILED', `cannot read the manifest ${redact(url)}: ${reason}`, {
    hint: 'check the URL in `manifests.rawYaml`',
  })
}

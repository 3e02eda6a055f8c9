import { isUtf8 } from 'node:buffer'
import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { ToolError } from '../../errors/index.ts'
import { parseResources, type Resource } from '../../resource/index.ts'
import { createLimiter } from '../../support/index.ts'
import { expandGlobs } from '../../workspace/index.ts'
import type { SourceOutside } from './outside.ts'

/**
 * Reads manifests of files, URLs and Google's buckets: files first, in the order of the patterns, each once.
 * @throws WORKSPACE_NO_MATCH for a pattern without files, other than Skaffold's default
 * @throws FILE_UNREADABLE for a file that is not UTF-8
 * @throws RESOURCE_INVALID with file, line and column; REMOTE_MANIFEST_FAILED
 */
export async function readRawYaml(
  outside: SourceOutside,
  patterns: readonly string[],
  { isExpected }: { readonly isExpected: boolean },
): Promise<readonly Resource[]> {
  const files = await rawYamlFiles(outside.folder, patterns)
  if (files.length === 0 && isExpected && patterns.includes(defaultPattern)) {
    outside.emit({ type: 'warning', text: `${defaultPattern} did not match any file` })
  }
  const limit = createLimiter(64)
  const read = files.map((file) => limit(async () => readManifest(file, relative(outside.cwd, file))))
  const [local, fetched] = await Promise.all([Promise.all(read), fetchManifests(outside, patterns)])
  return [...local, ...fetched].flat()
}

async function readManifest(file: string, shown: string): Promise<readonly Resource[]> {
  const bytes = await readFile(file)
  if (isUtf8(bytes)) return parseResources(bytes.toString('utf8'), shown)
  throw new ToolError('FILE_UNREADABLE', `the manifest ${shown} is not UTF-8 text`, { hint: 'save it as UTF-8' })
}

/** Most projects have nothing to fetch, and need no HTTP client. */
async function fetchManifests(
  outside: SourceOutside,
  patterns: readonly string[],
): Promise<readonly (readonly Resource[])[]> {
  const [buckets, urls] = [patterns.filter(isBucket), patterns.filter(isUrl)]
  if (buckets.length + urls.length === 0) return []
  const { readBuckets, readUrls } = await import('./fetch-manifests.ts')
  const [ofBuckets, ofUrls] = await Promise.all([readBuckets(outside, buckets), readUrls(outside, urls)])
  return [...ofBuckets, ...ofUrls]
}

const defaultPattern = 'k8s/*.yaml'

/** Absolute paths of the files that patterns match. */
export async function rawYamlFiles(folder: string, patterns: readonly string[]): Promise<readonly string[]> {
  const local = patterns.filter((pattern) => !isUrl(pattern) && !isBucket(pattern))
  const found = local.map((pattern) =>
    // Go has no `**`: it is a `*`, which stays in one folder
    expandGlobs(folder, [pattern.replaceAll(/\*{2,}/g, '*')], {
      whenNone: pattern === defaultPattern ? 'nothing' : 'error',
    }),
  )
  return [...new Set((await Promise.all(found)).flat())]
}

/** Whether a path is fetched. */
export function isUrl(path: string): boolean {
  return /^https?:\/\//.test(path)
}

function isBucket(path: string): boolean {
  return path.startsWith('gs://')
}

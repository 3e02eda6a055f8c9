import { isUtf8 } from 'node:buffer'
import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { isToolError, ToolError } from '../../errors/index.ts'
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

/**
 * Reads what there is of the files, so that a mistake is told before anything is built for them. What is not there yet may
 * still be made.
 * @throws FILE_UNREADABLE, RESOURCE_INVALID
 */
export async function checkRawYaml(
  { folder, cwd }: Pick<SourceOutside, 'folder' | 'cwd'>,
  patterns: readonly string[],
): Promise<void> {
  const files = await expandGlobs(folder, patterns.filter(isLocal).map(asGo), { whenNone: 'nothing' })
  for (const file of files) await readManifest(file, relative(cwd, file))
}

/** Absolute paths of the files that patterns match. */
export async function rawYamlFiles(folder: string, patterns: readonly string[]): Promise<readonly string[]> {
  const found = patterns.filter(isLocal).map(async (pattern) => filesOf(folder, pattern))
  return [...new Set((await Promise.all(found)).flat())]
}

async function filesOf(folder: string, pattern: string): Promise<readonly string[]> {
  const whenNone = pattern === defaultPattern ? 'nothing' : 'error'
  try {
    return await expandGlobs(folder, [asGo(pattern)], { whenNone })
  } catch (error) {
    if (asGo(pattern) === pattern || !isToolError(error, 'WORKSPACE_NO_MATCH')) throw error
    throw new ToolError(error.code, `no file in ${folder} matches ${pattern}`, {
      hint: `write out the folders: as in Skaffold, "**" stays in one, as in ${asGo(pattern)}`,
      cause: error,
    })
  }
}

/** Go has no `**`: it is a `*`, which stays in one folder. */
function asGo(pattern: string): string {
  return pattern.replaceAll(/\*{2,}/g, '*')
}

function isLocal(pattern: string): boolean {
  return !isUrl(pattern) && !isBucket(pattern)
}

/** Whether a path is fetched. */
export function isUrl(path: string): boolean {
  return /^https?:\/\//.test(path)
}

function isBucket(path: string): boolean {
  return path.startsWith('gs://')
}

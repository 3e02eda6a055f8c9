import { readFile } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import type { SkaffoldConfig } from '../config/index.ts'
import { parseResources, type Resource } from '../resource/index.ts'
import { expandGlobs } from '../workspace/index.ts'
import type { Context } from './contract.ts'

/**
 * Reads the manifests of one configuration, in the order of its list; a file that several patterns match counts once.
 * @throws WORKSPACE_NO_MATCH for a pattern without files
 * @throws RESOURCE_INVALID with file, line and column
 */
export async function loadResources(
  { cwd }: Pick<Context, 'cwd'>,
  config: SkaffoldConfig,
): Promise<readonly Resource[]> {
  const files = await manifestFiles({ cwd }, config)
  const texts = await Promise.all(files.map(async (file) => readFile(file, 'utf8')))
  return files.flatMap((file, index) => parseResources(texts[index] ?? '', relative(cwd, file)))
}

/** Absolute paths of the manifests of one configuration. */
export async function manifestFiles({ cwd }: Pick<Context, 'cwd'>, config: SkaffoldConfig): Promise<readonly string[]> {
  const patterns = config.manifests.rawYaml
  if (patterns.length === 0) return []
  return [...new Set(await expandGlobs(resolve(cwd, config.folder), patterns))]
}

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { KustomizeConfig } from '../../config/index.ts'
import { isToolError } from '../../errors/index.ts'
import { parseResources, printResources, type Resource } from '../../resource/index.ts'
import { createLimiter } from '../../support/index.ts'
import { applySetters, type Setters } from '../setters.ts'
import { kustomizationFiles } from './kustomization-files.ts'
import { runTool, type SourceOutside } from './outside.ts'
import { isUrl } from './raw-yaml.ts'

/**
 * Builds kustomizations with `kustomize`, or with `kubectl kustomize` where that is not installed; their order is kept.
 * @throws KUSTOMIZE_FAILED, PROGRAM_MISSING
 */
export async function buildKustomizations(
  outside: SourceOutside,
  { paths, buildArgs }: KustomizeConfig,
  setters: Setters,
): Promise<readonly Resource[]> {
  const limit = createLimiter(4)
  const args = buildArgs.flatMap((words) => words.split(' '))
  const built = paths.map((path) =>
    limit(async () => {
      const target = isUrl(path) ? path : resolve(outside.folder, path)
      const text = await withSetters(target, setters, (copy) => runKustomize(outside, args, { path, target: copy }))
      return parseResources(text, `kustomization ${path}`)
    }),
  )
  return (await Promise.all(built)).flat()
}

interface Target {
  /** As it was written. */
  readonly path: string
  readonly target: string
}

async function runKustomize(
  outside: SourceOutside,
  args: readonly string[],
  { path, target }: Target,
): Promise<string> {
  const tool = {
    task: `building the kustomization ${path}`,
    code: 'KUSTOMIZE_FAILED',
    hint: 'correct the kustomization; "kubectl kustomize" shows the same',
  } as const
  try {
    return await runTool(outside, { ...tool, command: 'kustomize', args: ['build', ...args, target] })
  } catch (error) {
    if (!isToolError(error, 'PROGRAM_MISSING')) throw error
    return runTool(outside, { ...tool, command: 'kubectl', args: ['kustomize', ...args, target] })
  }
}

/** kustomize drops the comments that name setters, so values are put into a copy of its files. */
async function withSetters(
  folder: string,
  setters: Setters,
  build: (folder: string) => Promise<string>,
): Promise<string> {
  if (Object.keys(setters).length === 0 || isUrl(folder)) return build(folder)
  const copy = await mkdtemp(join(tmpdir(), 'catamaran-kustomize-'))
  try {
    for (const file of kustomizationFiles(folder)) {
      const path = placeIn(copy, file)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, await readSet(file, setters))
    }
    return await build(placeIn(copy, folder))
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

/** The whole path below another folder; a drive's letter is no folder. */
function placeIn(copy: string, path: string): string {
  return join(copy, path.replace(/^[A-Za-z]:/, ''))
}

/** Files that are no manifests stay as they are. */
async function readSet(file: string, setters: Setters): Promise<Uint8Array | string> {
  const bytes = await readFile(file)
  const text = bytes.toString('utf8')
  if (!text.includes('# from-param: ')) return bytes
  try {
    return printResources(parseResources(text, file).map((resource) => applySetters(resource, setters)))
  } catch (error) {
    if (isToolError(error, 'RESOURCE_INVALID')) return bytes
    throw error
  }
}

import { access, readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { ToolError } from '../../errors/index.ts'
import { parseResources, type ResourceObject } from '../../resource/index.ts'
import type { Context } from '../contract.ts'

/**
 * Workloads of files, of folders of YAML, and of charts, which helm renders with their own values.
 * @throws RESOURCE_INVALID, FILE_UNREADABLE, PROGRAM_MISSING, PROGRAM_FAILED
 */
export async function readSources(context: Context, paths: readonly string[]): Promise<readonly ResourceObject[]> {
  const read = await Promise.all(paths.map(async (path) => readSource(context, path)))
  return read.flat()
}

async function readSource(context: Context, path: string): Promise<readonly ResourceObject[]> {
  const place = resolve(context.cwd, path)
  const isRemote = /^(?:oci|https?):\/\//.test(path)
  if (isRemote || (await exists(join(place, 'Chart.yaml'))) || path.endsWith('.tgz')) {
    return readChart(context, isRemote ? path : place)
  }
  const files = await yamlFiles(place)
  const texts = await Promise.all(files.map(async (file) => readFile(file, 'utf8')))
  return files.flatMap((file, index) =>
    parseResources(texts[index] ?? '', relative(context.cwd, file)).map(({ object }) => object),
  )
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch {
    return false
  }
}

/** A file, or all YAML and JSON files below a folder; values and Kustomizations are no manifests. */
async function yamlFiles(place: string): Promise<readonly string[]> {
  const found = await stat(place).catch((error: unknown) => {
    throw new ToolError('FILE_UNREADABLE', `there is no file or folder ${place}`, {
      hint: 'name a manifest, a folder of manifests or a chart, or nothing for what runs in the cluster',
      cause: error,
    })
  })
  if (!found.isDirectory()) return [place]
  const entries = await readdir(place, { recursive: true, withFileTypes: true })
  return entries
    .filter(
      (entry) =>
        entry.isFile() && /\.(?:ya?ml|json)$/.test(entry.name) && !/^(?:kustomization|values)\./.test(entry.name),
    )
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
}

async function readChart({ runProcess, env, cwd, signal }: Context, chart: string): Promise<readonly ResourceObject[]> {
  const outcome = await runProcess({ command: 'helm', args: ['template', 'check', chart], env, cwd, signal })
  if (outcome.status !== 0) {
    throw new ToolError('PROGRAM_FAILED', `helm cannot render ${chart}: ${outcome.stderr.trim()}`, {
      hint: 'render it with your values, and check the output: helm template … | catamaran check -',
    })
  }
  return parseResources(outcome.stdout, chart).map(({ object }) => object)
}

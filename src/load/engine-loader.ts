import * as v from 'valibot'
import { isToolError } from '../errors/index.ts'
import type { Image } from '../image/index.ts'
import { runLoad } from './load-failure.ts'
import type { LoadableImage, LoadOutside } from './contract.ts'
import { withArchive } from './write-archive.ts'

/**
 * Gives an image to Docker's engine under its name and further ones. The layers at the beginning that an older image of
 * the same repository has in common with it are there, and left out; should the engine want them all the same, it gets
 * everything.
 * @throws IMAGE_LOAD_FAILED
 */
export async function loadIntoEngine(
  { reference, image }: LoadableImage,
  outside: LoadOutside,
  names: readonly string[] = [],
): Promise<void> {
  // without the image itself it was built in there
  if (image === undefined) return
  const all = [reference, ...names]
  const common = await commonLayers(image, reference, outside)
  const load = async (leftOut: number): Promise<string> =>
    withArchive({ image, names: all, isKnown: (_, index) => index < leftOut }, outside, async (path) =>
      runLoad({ command: 'docker', args: ['image', 'load', '--quiet', '--input', path], reference }, outside),
    )
  try {
    await load(common)
    if (common === 0 || (await layersOf([reference], outside)).length > 0) return
  } catch (error) {
    outside.signal.throwIfAborted()
    if (common === 0 || !isToolError(error, 'IMAGE_LOAD_FAILED')) throw error
  }
  await load(0)
}

/** How many layers, from the first on, an image of the repository has as well. */
async function commonLayers({ layers }: Image, reference: string, outside: LoadOutside): Promise<number> {
  const repository = reference.slice(0, reference.lastIndexOf(':'))
  const args = ['image', 'ls', '--quiet', '--no-trunc', '--filter', `reference=${repository}`]
  const ids = (await ask(args, outside)).split(/\s+/).filter((id) => id !== '')
  const known = await layersOf([...new Set(ids)].slice(0, 5), outside)
  return Math.max(0, ...known.map((diffIds) => commonStart(layers, diffIds)))
}

function commonStart(layers: Image['layers'], diffIds: readonly string[]): number {
  const different = layers.findIndex(({ diffId }, index) => diffIds[index] !== diffId)
  return different === -1 ? layers.length : different
}

const diffIdsSchema = v.pipe(v.string(), v.parseJson(), v.array(v.string()))

async function layersOf(names: readonly string[], outside: LoadOutside): Promise<readonly (readonly string[])[]> {
  if (names.length === 0) return []
  const lines = (await ask(['image', 'inspect', '--format', '{{json .RootFS.Layers}}', ...names], outside)).split('\n')
  return lines.flatMap((line) => {
    const parsed = v.safeParse(diffIdsSchema, line)
    return parsed.success ? [parsed.output] : []
  })
}

async function ask(args: readonly string[], { runProcess, env, signal }: LoadOutside): Promise<string> {
  try {
    const { status, stdout } = await runProcess({ command: 'docker', args, env, signal })
    return status === 0 ? stdout : ''
  } catch (error) {
    // what matters fails again when the image is loaded
    if (isToolError(error, 'PROGRAM_MISSING')) return ''
    throw error
  }
}

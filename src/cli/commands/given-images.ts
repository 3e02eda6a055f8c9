import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ToolError } from '../../errors/index.ts'
import type { GivenImage } from '../../pipeline/index.ts'
import type { Invocation } from '../command.ts'
import type { Flag } from '../flags/index.ts'
import { readStdin } from '../read-stdin.ts'

/** Flags that name images built before. */
export const givenImageFlags: readonly Flag[] = [
  {
    name: 'build-artifacts',
    shorthand: 'a',
    type: 'string',
    placeholder: 'file',
    description: 'Result of an earlier build (--file-output), or - for standard input',
  },
  {
    name: 'images',
    shorthand: 'i',
    type: 'strings',
    placeholder: 'name=reference,…',
    description: 'Images to use: NAME=REFERENCE, or a tagged reference',
  },
]

/**
 * The images given with `-a` and `-i`; the file wins. Undefined when neither was given.
 * @throws BUILD_OUTPUT_INVALID for a file that is no build result
 */
export async function readGivenImages(invocation: Invocation): Promise<readonly GivenImage[] | undefined> {
  const file = invocation.flags.text('build-artifacts')
  const images = invocation.flags.list('images').map(parseImage)
  if (file === undefined) return images.length === 0 ? undefined : images
  const text = file === '-' ? await readStdin() : await readFile(resolve(invocation.cwd, file), 'utf8')
  const fromFile = parseBuildOutput(text, file)
  const named = new Set(fromFile.map(({ image }) => image))
  return [...fromFile, ...images.filter(({ image }) => !named.has(image))]
}

function parseBuildOutput(text: string, file: string): readonly GivenImage[] {
  try {
    const parsed = JSON.parse(text) as { builds?: { imageName?: unknown; tag?: unknown }[] | null }
    const builds = parsed.builds
    if (!Array.isArray(builds)) throw new TypeError('it has no list "builds"')
    return builds.map(({ imageName, tag }) => {
      if (typeof imageName !== 'string' || typeof tag !== 'string') {
        throw new TypeError('an entry lacks "imageName" or "tag"')
      }
      return { image: imageName, reference: tag }
    })
  } catch (error) {
    throw new ToolError('BUILD_OUTPUT_INVALID', `${file} is not the result of a build`, {
      hint: `make one with: catamaran build --file-output=${file === '-' ? 'build.json' : file}`,
      cause: error,
    })
  }
}

function parseImage(text: string): GivenImage {
  const equals = text.indexOf('=')
  if (equals > 0) return { image: text.slice(0, equals), reference: text.slice(equals + 1) }
  const name = text.replace(/@.*$/, '').replace(/:[^:/]*$/, '')
  if (name === text) {
    throw new ToolError('USAGE', `--images "${text}" has no tag`, {
      hint: `write --images=${text}:TAG or NAME=REFERENCE`,
    })
  }
  return { image: name, reference: text }
}

import type { Artifact } from '../config/index.ts'
import { ToolError } from '../errors/index.ts'

/**
 * Checks that everything that is required is there, and that nothing requires itself.
 * @throws BUILD_DEPENDENCY_INVALID
 */
export function checkRequired(artifacts: readonly Artifact[]): void {
  for (const artifact of artifacts) followRequired(artifact, artifacts, [])
}

/** The artifacts and all that they require, however far, in the order of `all`. */
export function withRequired(chosen: readonly Artifact[], all: readonly Artifact[]): readonly Artifact[] {
  const wanted = new Set(chosen)
  for (const artifact of wanted) {
    for (const { image } of artifact.requires ?? []) {
      const found = all.find((one) => one.image === image)
      if (found !== undefined) wanted.add(found)
    }
  }
  return all.filter((artifact) => wanted.has(artifact))
}

/** The artifacts and all that require them, however far, in the order of `all`. */
export function withDependants(chosen: readonly Artifact[], all: readonly Artifact[]): readonly Artifact[] {
  const images = new Set(chosen.map(({ image }) => image))
  for (const image of images) {
    const dependants = all.filter(({ requires = [] }) => requires.some((one) => one.image === image))
    for (const dependant of dependants) images.add(dependant.image)
  }
  return all.filter(({ image }) => images.has(image))
}

function followRequired(artifact: Artifact, artifacts: readonly Artifact[], path: readonly string[]): void {
  const here = [...path, artifact.image]
  if (path.includes(artifact.image)) {
    throw new ToolError('BUILD_DEPENDENCY_INVALID', `artifacts require each other in a circle: ${here.join(' → ')}`, {
      hint: 'take one of them out of `requires`',
    })
  }
  for (const { image } of artifact.requires ?? []) {
    const found = artifacts.find((one) => one.image === image)
    if (found === undefined) {
      throw new ToolError(
        'BUILD_DEPENDENCY_INVALID',
        `${artifact.image} requires ${image}, and no artifact has that name`,
        {
          hint: 'write the image of another artifact in `requires`',
        },
      )
    }
    followRequired(found, artifacts, here)
  }
}

import type { DockerArtifact } from '../../../config/index.ts'
import type { BuildPlan } from '../../../dockerfile/index.ts'
import type { Image } from '../../../image/index.ts'
import type { Platform } from '../../../platform/index.ts'
import type { BuildResult } from '../../contract.ts'
import type { DockerfileOnDisk } from '../native/read-dockerfile.ts'
import type { Choice } from './choose-builder.ts'
import type { EngineJob } from './engine.ts'

/** One platform of an artifact, and who builds it. */
export interface EngineWork {
  readonly docker: DockerArtifact
  /** With the arguments that engines get. */
  readonly engineDocker: DockerArtifact
  /** BuildKit says how it makes the image, when it makes it whole. */
  readonly hasProvenance: boolean
  readonly file: DockerfileOnDisk
  readonly plan: BuildPlan
  readonly choice: Exclude<Choice, { kind: 'native' }>
  readonly platform: Platform
}

/** Lets the chosen engine build a Dockerfile. */
export type RunEngine = (
  job: Pick<EngineJob, 'docker' | 'dockerfile' | 'hasProvenance' | 'ignoreFile' | 'pushing'>,
  how: EngineRun,
) => Promise<Image>

/** Which of the builds for one image it is. */
export interface EngineRun {
  readonly name: string
  /** Set when the result is the same for every platform: builds of that key share it while it is made. */
  readonly sharedKey?: string
}

/** The one image of a builder that was asked for one platform. */
export function onlyImage(result: BuildResult): Image {
  const image = result.kind === 'images' ? result.images[0] : undefined
  if (image === undefined) throw new Error('a builder gave no image')
  return image
}

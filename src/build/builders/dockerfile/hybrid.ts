import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Image } from '../../../image/index.ts'
import { formatPlatform, type Platform } from '../../../platform/index.ts'
import { formatReference } from '../../../reference/index.ts'
import type { BuiltImages } from '../../built-images.ts'
import type { Builder, BuildRequest } from '../../contract.ts'
import { engineStagesOf, type Choice, type StageExport } from './choose-builder.ts'
import { onlyImage, type EngineWork, type RunEngine } from './engine-work.ts'
import { isSameForAll } from './same-for-all.ts'
import { exportStage, withExport, withReplacedStages } from './rewrite-dockerfile.ts'

/** What a hybrid build needs of its builder. */
interface HybridParts {
  readonly native: Builder
  readonly built: BuiltImages
  readonly workFolder: string
  /** This machine as containers see it. */
  readonly host: Platform
}

/** What a hybrid build is done with. */
export interface HybridWork {
  readonly work: EngineWork & { readonly choice: Extract<Choice, { kind: 'hybrid' }> }
  readonly runEngine: RunEngine
}

/**
 * Lets an engine build the stages that run programs, takes only the files out of them that others copy, and makes the image
 * natively: base layers are not unpacked, packed and pushed again.
 */
export async function buildHybrid(
  request: BuildRequest,
  { work, runEngine }: HybridWork,
  { native, built, host, workFolder }: HybridParts,
): Promise<Image> {
  const { docker, engineDocker, file, plan, choice } = work
  const folder = await mkdtemp(join(workFolder, 'hybrid-'))
  try {
    const text = await readFile(file.path, 'utf8')
    const names = new Map<number, string>()
    for (const stage of choice.exports) {
      const isShared = isSameForAll(text, { plan, index: stage.index, host })
      const derived = withExport(text, stage, formatPlatform(isShared ? host : work.platform))
      const name = `stage-${stage.index}`
      const image = await runEngine(
        {
          ...(await writeBeside(folder, name, { text: derived, file })),
          docker: { ...engineDocker, target: exportStage },
        },
        { name, ...(isShared ? { sharedKey: JSON.stringify([request.contextFolder, derived, engineDocker]) } : {}) },
      )
      const reference = nameOf(built.add([image]), stage)
      names.set(stage.index, isShared ? `--platform=${formatPlatform(host)} ${reference}` : reference)
    }
    const rewritten = withReplacedStages(text, {
      plan,
      replaced: engineStagesOf(plan),
      imageOf: (index) => names.get(index),
    })
    const { dockerfile } = await writeBeside(folder, 'Dockerfile', { text: rewritten, file })
    const artifact = { ...request.artifact, builder: { ...docker, dockerfile } }
    return onlyImage(await native.build({ ...request, artifact }))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface WrittenDockerfile {
  readonly dockerfile: string
  readonly ignoreFile?: string
}

/** With its own ignore file, when the real one has one: builders look for it beside the Dockerfile. */
async function writeBeside(
  folder: string,
  name: string,
  { text, file }: { readonly text: string; readonly file: EngineWork['file'] },
): Promise<WrittenDockerfile> {
  const dockerfile = join(folder, name)
  await writeFile(dockerfile, text)
  if (file.ignore?.path !== `${file.path}.dockerignore`) return { dockerfile }
  const ignoreFile = `${dockerfile}.dockerignore`
  await writeFile(ignoreFile, await readFile(file.ignore.path))
  return { dockerfile, ignoreFile }
}

/** A name that only the images built here answer to. */
function nameOf(digest: string, { index }: StageExport): string {
  return formatReference({ registry: 'catamaran.invalid', repository: `stage-${index}`, digest })
}

import { access, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { formatPlatform, platformTagSuffix, type Platform } from '../../../platform/index.ts'
import { listFiles } from '../../../workspace/index.ts'
import type { Image } from '../../../image/index.ts'
import { imagesEach } from '../../build-platforms.ts'
import type { Builder, BuildRequest } from '../../contract.ts'
import type { RegistryTrust } from '../../registry-trust.ts'
import { freshFolder } from '../dockerfile/fresh-folder.ts'
import { readArchiveImages } from '../dockerfile/read-archive.ts'
import { onlyImageFor } from '../dockerfile/read-export.ts'
import { runInstalled, type EngineOutside } from '../dockerfile/run-engine.ts'
import { insecureRegistriesOf, packArguments, usesLocalImage } from './pack-arguments.ts'

/** What the builder of buildpacks needs from outside. */
export interface PackBuilderParts extends EngineOutside {
  /** Must be there; images are kept in it until they are pushed. */
  readonly workFolder: string
  readonly trust: RegistryTrust
}

/**
 * Builds with Cloud Native Buildpacks through `pack`, one platform per call. What comes out is only taken when it is for the
 * platform that was asked for: builders that know one platform make that one whatever they are asked.
 *
 * `build` throws BUILD_TOOL_FAILED, BUILD_TOOL_MISSING, BUILD_RESULT_INVALID.
 */
export function createPackBuilder(parts: PackBuilderParts): Builder {
  return {
    multiPlatform: false,
    build: async (request) =>
      imagesEach(request, async (platform) => buildOne({ ...request, platforms: [platform] }, parts)),
    async dependencies({ artifact, contextFolder, signal }) {
      const { paths = ['.'], ignore = [] } = buildpacksOf(artifact).dependencies
      return listFiles(contextFolder, { paths, ignore, signal })
    },
  }
}

function buildpacksOf({ builder }: BuildRequest['artifact']): Extract<typeof builder, { kind: 'buildpacks' }> {
  if (builder.kind === 'buildpacks') return builder
  throw new Error(`the builder of buildpacks does not build ${builder.kind} artifacts`)
}

async function buildOne(request: BuildRequest, parts: PackBuilderParts): Promise<Image> {
  const { artifact, contextFolder, signal, emit, parents } = request
  const [platform] = request.platforms
  if (platform === undefined) throw new Error('no platform was asked for')
  const buildpacks = buildpacksOf(artifact)
  const descriptor = await existing(resolve(contextFolder, buildpacks.projectDescriptor))
  const tag = nameFor(request, platform)
  const about = { image: artifact.image, platform }
  const report = (text: string): void =>
    emit({ type: 'buildOutput', image: artifact.image, platform: formatPlatform(platform), text })
  const args = packArguments({
    buildpacks,
    contextFolder,
    platform,
    tag,
    insecureRegistries: insecureRegistriesOf(buildpacks, parts.trust),
    ...(descriptor === undefined ? {} : { descriptor }),
    ...(parents === undefined ? {} : { parents, isLocal: usesLocalImage(buildpacks, parents) }),
  })
  await runInstalled(
    { command: 'pack', args, report, signal, about, how: 'install pack (https://buildpacks.io/docs/tools/pack)' },
    parts,
  )
  const docker = { command: 'docker', signal, about, how: 'install Docker (https://docs.docker.com/engine/install)' }
  const folder = await freshFolder(parts.workFolder, ['pack', artifact.image, contextFolder, formatPlatform(platform)])
  const archive = join(folder, 'image.tar')
  await runInstalled({ ...docker, args: ['save', '--output', archive, tag] }, parts)
  const images = await readArchiveImages(archive, folder, signal)
  await rm(archive, { force: true })
  return onlyImageFor(platform, images, `builder ${buildpacks.builder}`)
}

/**
 * The same for every build of an artifact for a platform: layers of the image that Docker has under this name, and the cache
 * that pack keeps for it, are used again.
 */
function nameFor({ reference }: BuildRequest, platform: Platform): string {
  const { registry, repository } = reference
  const path = `${registry.replaceAll(/[^a-z\d.-]/gi, '-').toLowerCase()}/${repository}`
  return `catamaran.invalid/${path}:${platformTagSuffix(platform)}`
}

async function existing(path: string): Promise<string | undefined> {
  return access(path).then(
    () => path,
    () => undefined,
  )
}

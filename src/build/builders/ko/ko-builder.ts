import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KoArtifact } from '../../../config/index.ts'
import { isToolError, ToolError } from '../../../errors/index.ts'
import type { Image } from '../../../image/index.ts'
import { formatPlatform, onlyStrict, type Platform } from '../../../platform/index.ts'
import { formatFamiliar } from '../../../reference/index.ts'
import type { Builder, BuildRequest, ParentImage } from '../../contract.ts'
import { isInsecure, registryOf, type RegistryTrust } from '../../registry-trust.ts'
import { freshFolder } from '../dockerfile/fresh-folder.ts'
import { readLayoutImages } from '../dockerfile/read-export.ts'
import { runTool } from '../dockerfile/run-engine.ts'
import { buildWithGo, type GoParts } from './go-builder.ts'
import { koArguments, koConfiguration } from './ko-arguments.ts'
import { koDependencies } from './ko-dependencies.ts'
import { baseOf, koFolder, koOf, readKoFile, targetOf } from './ko-settings.ts'

/** What the ko builder needs from outside. */
export interface KoBuilderParts extends GoParts {
  readonly trust: RegistryTrust
}

/**
 * Builds Go programs: with ko when it is installed, else with the Go toolchain, which compiles for every platform, and
 * natively assembled images of the same layout. Nothing is emulated and no Docker is needed.
 *
 * `build` throws BUILD_TOOL_FAILED, BUILD_TOOL_MISSING, BUILD_RESULT_INVALID, and what the native builder throws.
 */
export function createKoBuilder(parts: KoBuilderParts): Builder {
  return {
    multiPlatform: true,
    async build(request) {
      const parent = parentOf(request)
      // ko reads base images from registries only
      const isLocal = parent !== undefined && !parent.reference.includes('@')
      const images = isLocal ? undefined : await withKo(request, parent, parts)
      return { kind: 'images', images: images ?? (await buildWithGo(request, parent, parts)) }
    },
    dependencies: async (request) => koDependencies(request),
  }
}

/** A base image of the same project is known by its alias. */
function parentOf({ artifact, parents = [] }: BuildRequest): ParentImage | undefined {
  const { fromImage } = koOf(artifact)
  return parents.find(({ alias, image }) => alias === fromImage || image === fromImage)
}

/** Undefined when ko is not installed. */
async function withKo(
  request: BuildRequest,
  parent: ParentImage | undefined,
  parts: KoBuilderParts,
): Promise<readonly Image[] | undefined> {
  const { artifact, contextFolder, platforms, reference, signal, emit } = request
  const ko = koOf(artifact)
  const cwd = koFolder(contextFolder, ko)
  const folder = await freshFolder(parts.workFolder, ['ko', artifact.image, contextFolder])
  const configuration = join(folder, 'ko.yaml')
  const layout = join(folder, 'layout')
  const file = await readKoFile(cwd)
  const base = parent?.reference ?? ko.fromImage
  const isBaseInsecure = isInsecure(registryOf(base ?? baseOf(ko, file)) ?? '', parts.trust)
  await writeFile(configuration, koConfiguration(ko, { file, base, main: mainFolder(ko) }))
  const { registry, repository } = reference
  try {
    await runTool(
      {
        command: 'ko',
        args: koArguments(ko, platforms, { layout, target: targetOf(artifact), isInsecure: isBaseInsecure }),
        env: {
          KO_CONFIG_PATH: configuration,
          KO_DOCKER_REPO: formatFamiliar({ registry, repository }),
          ...(base === undefined ? {} : { KO_DEFAULTBASEIMAGE: base }),
        },
        report: (text) => emit({ type: 'buildOutput', image: artifact.image, text }),
        signal,
        about: { image: artifact.image },
      },
      { ...parts, cwd },
    )
  } catch (error) {
    if (isToolError(error, 'PROGRAM_MISSING')) return undefined
    throw error
  }
  return inOrder(await readLayoutImages(layout), platforms, artifact.image)
}

function mainFolder({ main = '.' }: KoArtifact): string {
  return main.startsWith('.') || main.startsWith('/') ? main : `./${main}`
}

function inOrder(images: readonly Image[], platforms: readonly Platform[], name: string): readonly Image[] {
  return platforms.map((platform) => {
    const found = images.find((image) => onlyStrict(platform).matches(image.platform))
    if (found !== undefined) return found
    const made = images.map((image) => formatPlatform(image.platform)).join(', ')
    throw new ToolError(
      'BUILD_RESULT_INVALID',
      `ko made no image of ${name} for ${formatPlatform(platform)}: it made ${made === '' ? 'none' : made}`,
      {
        hint: 'choose a base image that comes for that platform, with ko.fromImage',
      },
    )
  })
}

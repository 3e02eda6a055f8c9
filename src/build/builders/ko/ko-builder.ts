import { access, cp, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { KoArtifact } from '../../../config/index.ts'
import { isToolError, ToolError } from '../../../errors/index.ts'
import type { Image } from '../../../image/index.ts'
import { formatPlatform, onlyStrict, type Platform } from '../../../platform/index.ts'
import { formatFamiliar } from '../../../reference/index.ts'
import { listFiles } from '../../../workspace/index.ts'
import type { Builder, BuildRequest } from '../../contract.ts'
import { freshFolder } from '../dockerfile/fresh-folder.ts'
import { onlyImage } from '../dockerfile/engine-work.ts'
import { readLayoutImages } from '../dockerfile/read-export.ts'
import { runInstalled, runTool, type EngineOutside } from '../dockerfile/run-engine.ts'
import { goBuild, koArguments, koConfiguration, koDockerfile, mainPackage, programName } from './ko-arguments.ts'

/** What the ko builder needs from outside. */
export interface KoBuilderParts extends EngineOutside {
  /** Assembles images where ko is not installed. */
  readonly native: Builder
  /** Must be there; images are kept in it until they are pushed. */
  readonly workFolder: string
}

/** ko's own, when nothing says another one. */
const defaultBase = 'cgr.dev/chainguard/static:latest'

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
      const images = await withKo(request, parts)
      return { kind: 'images', images: images ?? (await withGo(request, parts)) }
    },
    async dependencies({ artifact, contextFolder, signal }) {
      const { dependencies } = koOf(artifact)
      const { paths = ['**/*.go', 'go.*'], ignore = [] } = dependencies ?? {}
      return listFiles(contextFolder, { paths, ignore, signal })
    },
  }
}

function koOf({ builder }: BuildRequest['artifact']): KoArtifact {
  if (builder.kind === 'ko') return builder
  throw new Error(`the ko builder does not build ${builder.kind} artifacts`)
}

/** A base image of the same project is known by its alias. */
function baseOf({ fromImage }: KoArtifact, { parents = [] }: BuildRequest): string | undefined {
  return parents.find(({ alias, image }) => alias === fromImage || image === fromImage)?.reference ?? fromImage
}

/** Undefined when ko is not installed. */
async function withKo(request: BuildRequest, parts: KoBuilderParts): Promise<readonly Image[] | undefined> {
  const { artifact, contextFolder, platforms, reference, signal, emit } = request
  const ko = koOf(artifact)
  const folder = await freshFolder(parts.workFolder, ['ko', artifact.image, contextFolder])
  const configuration = join(folder, 'ko.yaml')
  const layout = join(folder, 'layout')
  await writeFile(configuration, koConfiguration(ko, baseOf(ko, request)))
  const { registry, repository } = reference
  try {
    await runTool(
      {
        command: 'ko',
        args: koArguments(ko, platforms, layout),
        env: { KO_CONFIG_PATH: configuration, KO_DOCKER_REPO: formatFamiliar({ registry, repository }) },
        report: (text) => emit({ type: 'buildOutput', image: artifact.image, text }),
        signal,
        about: { image: artifact.image },
      },
      { ...parts, cwd: resolve(contextFolder, ko.dir ?? '.') },
    )
  } catch (error) {
    if (isToolError(error, 'PROGRAM_MISSING')) return undefined
    throw error
  }
  return inOrder(await readLayoutImages(layout), platforms, artifact.image)
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

async function withGo(request: BuildRequest, parts: KoBuilderParts): Promise<readonly Image[]> {
  const ko = koOf(request.artifact)
  const folder = resolve(request.contextFolder, ko.dir ?? '.')
  const call = {
    command: 'go',
    cwd: folder,
    signal: request.signal,
    how: 'install ko (https://ko.build) or Go (https://go.dev)',
    about: { image: request.artifact.image },
  }
  const listed = await runInstalled(
    { ...call, args: ['list', '-f', '{{.ImportPath}} {{.Name}}', mainPackage(ko)] },
    parts,
  )
  const [importPath = '', kind] = listed.stdout.trim().split(' ')
  if (kind !== 'main') {
    throw new ToolError(
      'BUILD_TOOL_FAILED',
      `${importPath} is no program: its package is ${kind ?? 'unknown'}, not main`,
      {
        hint: 'set ko.main of the artifact to the folder of a main package',
      },
    )
  }
  const name = programName(importPath)
  return Promise.all(
    request.platforms.map(async (platform) => {
      const about = ['ko', request.artifact.image, request.contextFolder, formatPlatform(platform)]
      const context = await freshFolder(parts.workFolder, about)
      const { args, env } = goBuild(ko, platform, join(context, name))
      const report = (text: string): void =>
        request.emit({ type: 'buildOutput', image: request.artifact.image, platform: formatPlatform(platform), text })
      report(`go ${args.join(' ')}`)
      await runInstalled({ ...call, args, env, report, about: { ...call.about, platform } }, parts)
      return assemble({ ...request, platforms: [platform], contextFolder: context }, { ko, name, folder }, parts)
    }),
  )
}

async function assemble(
  request: BuildRequest,
  { ko, name, folder }: { readonly ko: KoArtifact; readonly name: string; readonly folder: string },
  { native }: KoBuilderParts,
): Promise<Image> {
  const context = request.contextFolder
  const data = join(folder, ko.main ?? '.', 'kodata')
  const hasData = await access(data).then(
    () => true,
    () => false,
  )
  if (hasData) await cp(data, join(context, 'kodata'), { recursive: true, dereference: true })
  const base = baseOf(ko, request) ?? defaultBase
  const text = koDockerfile({ base, name, hasData, ...(ko.labels === undefined ? {} : { labels: ko.labels }) })
  await writeFile(join(context, 'Dockerfile'), text)
  const builder = { kind: 'docker', dockerfile: 'Dockerfile', buildArgs: {} } as const
  return onlyImage(await native.build({ ...request, artifact: { ...request.artifact, builder } }))
}

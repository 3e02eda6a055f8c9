import { access, cp, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { BazelArtifact } from '../../../config/index.ts'
import { ToolError } from '../../../errors/index.ts'
import type { Image } from '../../../image/index.ts'
import { formatPlatform, type Platform } from '../../../platform/index.ts'
import type { RunOutcome } from '../../../subprocess/index.ts'
import { createLimiter } from '../../../support/index.ts'
import { imagesEach } from '../../build-platforms.ts'
import type { Builder, BuildRequest } from '../../contract.ts'
import { freshFolder } from '../dockerfile/fresh-folder.ts'
import { readArchiveImages } from '../dockerfile/read-archive.ts'
import { onlyImageFor, readLayoutImages } from '../dockerfile/read-export.ts'
import { runInstalled, type EngineOutside } from '../dockerfile/run-engine.ts'
import { configurationArguments, dependencyQuery, filesOfLabels } from './bazel-arguments.ts'

/** What the bazel builder needs from outside. */
export interface BazelBuilderParts extends EngineOutside {
  /** Must be there; images are kept in it until they are pushed. */
  readonly workFolder: string
}

/**
 * Builds images as bazel targets, one platform per call: an archive, as `docker load` takes it, or an OCI layout.
 *
 * `build` throws BUILD_TOOL_FAILED, BUILD_TOOL_MISSING, BUILD_RESULT_INVALID.
 */
export function createBazelBuilder(parts: BazelBuilderParts): Builder {
  // bazel does one thing at a time, and makes every platform in the same place: another one would take it away
  const oneAtATime = createLimiter(1)
  return {
    multiPlatform: false,
    build: async (request) =>
      imagesEach(request, async (platform) => oneAtATime(async () => buildOne(request, platform, parts))),
    async dependencies(request) {
      const { target } = bazelOf(request)
      const root = (await run(['info', 'workspace'], request, parts)).stdout.trim()
      const { stdout } = await run(dependencyQuery(target), request, parts)
      const names = ['WORKSPACE', 'WORKSPACE.bazel', 'MODULE.bazel', '.bazelrc', ...filesOfLabels(stdout)]
      const found = await Promise.all(names.map(async (name) => existing(join(root, name))))
      return [...new Set(found.flatMap((path) => path ?? []))].sort()
    },
  }
}

function bazelOf({ artifact }: Pick<BuildRequest, 'artifact'>): BazelArtifact {
  if (artifact.builder.kind === 'bazel') return artifact.builder
  throw new Error(`the bazel builder does not build ${artifact.builder.kind} artifacts`)
}

type Request = Pick<BuildRequest, 'artifact' | 'contextFolder' | 'signal'>

async function run(
  args: readonly string[],
  { artifact, contextFolder, signal, report }: Request & { readonly report?: (line: string) => void },
  parts: BazelBuilderParts,
): Promise<RunOutcome> {
  return runInstalled(
    {
      command: 'bazel',
      args,
      cwd: contextFolder,
      signal,
      how: 'install bazel, best as bazelisk (https://github.com/bazelbuild/bazelisk)',
      about: { image: artifact.image },
      ...(report === undefined ? {} : { report }),
    },
    parts,
  )
}

async function buildOne(request: BuildRequest, platform: Platform, parts: BazelBuilderParts): Promise<Image> {
  const { artifact, contextFolder, signal, emit } = request
  const bazel = bazelOf(request)
  const flags = configurationArguments(bazel, platform)
  const report = (text: string): void =>
    emit({ type: 'buildOutput', image: artifact.image, platform: formatPlatform(platform), text })
  await run(['build', bazel.target, ...flags, '--color=no', '--curses=no'], { ...request, report }, parts)
  const { stdout } = await run(['cquery', bazel.target, ...flags, '--output=files'], request, parts)
  const [path] = stdout.split(/\r?\n/).filter((line) => line.trim() !== '')
  if (path === undefined) {
    throw new ToolError('BUILD_RESULT_INVALID', `the bazel target ${bazel.target} makes no file`, {
      hint: 'name a target that makes an archive of an image, its name ends in .tar, or an OCI layout',
    })
  }
  const root = (await run(['info', ...flags, 'execution_root'], request, parts)).stdout.trim()
  const output = resolve(contextFolder, root, path)
  const folder = await freshFolder(parts.workFolder, ['bazel', artifact.image, contextFolder, formatPlatform(platform)])
  // the next platform is built to the same path
  const copy = join(folder, 'made')
  await cp(output, copy, { recursive: true, dereference: true })
  const isLayout = (await stat(copy)).isDirectory()
  const images = isLayout ? await readLayoutImages(copy) : await readArchiveImages(copy, folder, signal)
  return onlyImageFor(platform, images, `the bazel target ${bazel.target}`)
}

async function existing(path: string): Promise<string | undefined> {
  return access(path).then(
    () => path,
    () => undefined,
  )
}

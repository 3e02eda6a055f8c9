import { access, cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KoArtifact } from '../../../config/index.ts'
import { ToolError } from '../../../errors/index.ts'
import type { Image } from '../../../image/index.ts'
import { formatPlatform, type Platform } from '../../../platform/index.ts'
import type { BuiltImages } from '../../built-images.ts'
import type { Builder, BuildRequest, ParentImage } from '../../contract.ts'
import { onlyImage } from '../dockerfile/engine-work.ts'
import { freshFolder } from '../dockerfile/fresh-folder.ts'
import { nativeArguments } from '../dockerfile/parents.ts'
import { runInstalled, type EngineOutside } from '../dockerfile/run-engine.ts'
import { goBuild, koDockerfile, programName } from './ko-arguments.ts'
import { baseOf, hasBuildSettings, koFolder, koOf, readKoFile, targetOf } from './ko-settings.ts'

/** What building with the Go toolchain needs from outside. */
export interface GoParts extends EngineOutside {
  /** Assembles images. */
  readonly native: Builder
  /** Where the native builder finds what was just built. */
  readonly built: BuiltImages
  /** Must be there; images are kept in it until they are pushed. */
  readonly workFolder: string
}

/** Compiles for every platform with Go, and assembles images as ko does. */
export async function buildWithGo(
  request: BuildRequest,
  parent: ParentImage | undefined,
  parts: GoParts,
): Promise<readonly Image[]> {
  const { artifact, contextFolder } = request
  const ko = koOf(artifact)
  const cwd = koFolder(contextFolder, ko)
  const program = await findProgram(request, cwd, parts)
  const file = await readKoFile(cwd)
  if (file.builds !== undefined && !hasBuildSettings(ko)) {
    request.emit({
      type: 'warning',
      text: `${artifact.image} is built without ko, so \`builds\` of .ko.yaml do not count`,
      hint: 'install ko (https://ko.build), or write env, flags and ldflags into skaffold.yaml',
    })
  }
  const own = parent === undefined ? undefined : nativeArguments([parent], parts.built)[parent.alias]
  const base = own ?? baseOf(ko, file, { importPath: program.importPath, env: parts.env })
  return Promise.all(
    request.platforms.map(async (platform) => {
      const context = await freshFolder(parts.workFolder, [
        'ko',
        artifact.image,
        contextFolder,
        formatPlatform(platform),
      ])
      await compile(request, { ko, platform, program, context, cwd }, parts)
      return assemble({ ...request, platforms: [platform], contextFolder: context }, { ko, program, base }, parts)
    }),
  )
}

interface Program {
  readonly importPath: string
  readonly name: string
  /** Absolute; of its package. */
  readonly folder: string
}

const how = 'install ko (https://ko.build) or Go (https://go.dev)'

/** The only program among the packages that are meant. */
async function findProgram({ artifact, signal }: BuildRequest, cwd: string, parts: GoParts): Promise<Program> {
  const target = targetOf(artifact)
  const args = ['list', '-f', '{{.Name}} {{.ImportPath}} {{.Dir}}', target]
  const listed = await runInstalled({ command: 'go', args, cwd, signal, how, about: { image: artifact.image } }, parts)
  const found = listed.stdout.split(/\r?\n/).flatMap((line) => {
    const [, name, importPath = '', folder = ''] = /^(\S+) (\S+) (.+)$/.exec(line.trim()) ?? []
    return name === undefined ? [] : [{ name, importPath, folder }]
  })
  const programs = found.filter(({ name }) => name === 'main')
  const [only, ...others] = programs
  if (only !== undefined && others.length === 0) return { ...only, name: programName(only.importPath) }
  const [first] = found
  const message =
    only === undefined
      ? `${first?.importPath ?? target} is no program: its package is ${first?.name ?? 'unknown'}, not main`
      : `${target} stands for several programs: ${programs.map(({ importPath }) => importPath).join(', ')}`
  throw new ToolError('BUILD_TOOL_FAILED', message, {
    hint: 'set ko.main of the artifact to the folder of a main package',
  })
}

interface Compiling {
  readonly ko: KoArtifact
  readonly platform: Platform
  readonly program: Program
  readonly context: string
  readonly cwd: string
}

async function compile(request: BuildRequest, compiling: Compiling, parts: GoParts): Promise<void> {
  const { ko, platform, program, context, cwd } = compiling
  const { artifact, emit, signal } = request
  const { image } = artifact
  const { args, env } = goBuild(ko, platform, { output: join(context, program.name), target: program.importPath })
  const report = (text: string): void => emit({ type: 'buildOutput', image, platform: formatPlatform(platform), text })
  report(`go ${args.join(' ')}`)
  await runInstalled({ command: 'go', args, env, cwd, signal, how, report, about: { image, platform } }, parts)
}

interface Assembling {
  readonly ko: KoArtifact
  readonly program: Program
  readonly base: string
}

async function assemble(request: BuildRequest, { ko, program, base }: Assembling, parts: GoParts): Promise<Image> {
  const context = request.contextFolder
  const data = join(program.folder, 'kodata')
  const hasData = await access(data).then(
    () => true,
    () => false,
  )
  if (hasData) await cp(data, join(context, 'kodata'), { recursive: true, dereference: true })
  const { name } = program
  const text = koDockerfile({ base, name, hasData, ...(ko.labels === undefined ? {} : { labels: ko.labels }) })
  await writeFile(join(context, 'Dockerfile'), text)
  const builder = { kind: 'docker', dockerfile: 'Dockerfile', buildArgs: {} } as const
  return onlyImage(await parts.native.build({ ...request, artifact: { ...request.artifact, builder } }))
}

import { readFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import type { Artifact } from '../../config/index.ts'
import { contextSources, parseDockerfile, planBuild, type ContextSource } from '../../dockerfile/index.ts'
import { isToolError } from '../../errors/index.ts'
import { listContext, parseIgnoreFile, type IgnoreRules } from '../../workspace/index.ts'
import type { FoundInFile, LintProject } from './contract.ts'

const mostFiles = 1000

/** What slows builds and watching down: big folders and `.git` that a Dockerfile copies. */
export async function lintDockerfiles(
  project: LintProject,
  artifacts: readonly { readonly artifact: Artifact; readonly folder: string }[],
): Promise<readonly FoundInFile[]> {
  const seen = new Set<string>()
  const found: FoundInFile[] = []
  for (const { artifact, folder } of artifacts) {
    const context = resolve(folder, artifact.context)
    const path = artifact.builder.kind === 'docker' ? resolve(context, artifact.builder.dockerfile) : undefined
    const text = path === undefined || seen.has(path) ? undefined : await readIfThere(path)
    if (path === undefined || text === undefined) continue
    seen.add(path)
    found.push(...(await lintOne(project, { path, text, context })))
  }
  return found
}

interface ReadDockerfile {
  readonly path: string
  readonly text: string
  readonly context: string
}

async function lintOne(
  { cwd, host, signal }: LintProject,
  { path, text, context }: ReadDockerfile,
): Promise<readonly FoundInFile[]> {
  const file = relative(cwd, path)
  const sources = sourcesOf(text, file, host)
  if (sources.length === 0) return []
  const ignore = await ignoreRules(path, context)
  const files = (await listContext(context, { ignore, signal })).filter(({ kind }) => kind !== 'directory')
  return sources.flatMap((source) => {
    const copied = files.filter((one) => isBelow(one.path, source.source))
    const at = { file, line: source.at.line, column: 1 }
    return [
      ...(copied.length > mostFiles ? [{ ...at, rule: 'ID000004', explanation: manyFiles(source) }] : []),
      ...(copied.some((one) => one.path.startsWith('.git/'))
        ? [{ ...at, rule: 'ID000005', explanation: gitFolder(source, join(context, '.git')) }]
        : []),
    ]
  })
}

/** A Dockerfile that is wrong is for the build to tell. */
function sourcesOf(text: string, file: string, host: LintProject['host']): readonly ContextSource[] {
  try {
    const plan = planBuild(parseDockerfile(text, file), { platform: host, buildPlatform: host, buildArgs: {} })
    return contextSources(plan)
  } catch (error) {
    if (isToolError(error)) return []
    throw error
  }
}

async function ignoreRules(dockerfile: string, context: string): Promise<IgnoreRules> {
  const text = (await readIfThere(`${dockerfile}.dockerignore`)) ?? (await readIfThere(join(context, '.dockerignore')))
  return parseIgnoreFile(text ?? '')
}

async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}

function isBelow(path: string, source: string): boolean {
  const place = source.replace(/^\.?\//, '').replace(/\/$/, '')
  return place === '' || place === '.' || place === '*' || path === place || path.startsWith(`${place}/`)
}

function manyFiles({ source }: ContextSource): string {
  return `Found docker 'COPY' command where the source directory "${source}" has over 1000 files. This has the potential to dramatically slow 'catamaran dev' down, as all source files referenced in COPY directives are watched for changes. Consider copying only the files that the image needs, or adding a .dockerignore file that leaves out those it does not need.`
}

function gitFolder({ source }: ContextSource, folder: string): string {
  return `Found docker 'COPY' command where the source directory "${source}" contains a '.git' directory at ${folder}. Images are rebuilt during any git related operation. Consider adding a .dockerignore file ignoring the '.git' directory.`
}

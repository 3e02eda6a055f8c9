import { readFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import type { DockerArtifact } from '../../../config/index.ts'
import { parseDockerfile, type Dockerfile } from '../../../dockerfile/index.ts'
import { ToolError } from '../../../errors/index.ts'
import { parseIgnoreFile, type IgnoreRules } from '../../../workspace/index.ts'

/** A Dockerfile and the rules for its context, as read from disk. */
export interface DockerfileOnDisk {
  readonly path: string
  readonly dockerfile: Dockerfile
  readonly ignore: { readonly path: string; readonly rules: IgnoreRules } | undefined
}

/**
 * Reads the Dockerfile of an artifact and its ignore file: `<Dockerfile>.dockerignore`, else `.dockerignore` of the context.
 * @throws DOCKERFILE_MISSING, DOCKERFILE_INVALID, FILE_UNREADABLE, WORKSPACE_IGNORE_INVALID
 */
export async function readDockerfile(artifact: DockerArtifact, contextFolder: string): Promise<DockerfileOnDisk> {
  const { path, text } = await findDockerfile(resolve(contextFolder, artifact.dockerfile), contextFolder)
  const dockerfile = parseDockerfile(text, shownPath(path, contextFolder))
  return { path, dockerfile, ignore: await readIgnoreFile(path, contextFolder) }
}

/** `dockerfile` is good enough where there is no `Dockerfile`. */
async function findDockerfile(
  path: string,
  contextFolder: string,
): Promise<{ readonly path: string; readonly text: string }> {
  const text = await readOptional(path)
  if (text !== undefined) return { path, text }
  const lower = join(dirname(path), 'dockerfile')
  const lowerText = path.endsWith('/Dockerfile') ? await readOptional(lower) : undefined
  if (lowerText !== undefined) return { path: lower, text: lowerText }
  throw new ToolError('DOCKERFILE_MISSING', `there is no Dockerfile at ${path}`, {
    hint: `create it, or set docker.dockerfile of the artifact to its path below ${contextFolder}`,
  })
}

async function readIgnoreFile(dockerfile: string, contextFolder: string): Promise<DockerfileOnDisk['ignore']> {
  for (const path of [`${dockerfile}.dockerignore`, join(contextFolder, '.dockerignore')]) {
    const text = await readOptional(path)
    if (text !== undefined) return { path, rules: parseIgnoreFile(text, shownPath(path, contextFolder)) }
  }
  return undefined
}

/** As errors name it. */
function shownPath(path: string, contextFolder: string): string {
  const shown = relative(contextFolder, path)
  return shown.startsWith('..') ? path : shown
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new ToolError('FILE_UNREADABLE', `${path} cannot be read`, { cause: error })
  }
}

import { ToolError } from '../../../errors/index.ts'
import { readElf } from '../../../layer/index.ts'
import { formatPlatform, only, type Platform } from '../../../platform/index.ts'
import { cleanPath, joinPath, type FileTree } from './file-tree.ts'
import type { Program } from './layers.ts'
import { resolvePath } from './resolve-path.ts'
import type { ProgramsOfLayer, StageState } from './stage-state.ts'

/**
 * Refuses programs for another processor: what the container would start, and an instruction all of whose programs are
 * for others. One that brings programs for several processors, the right one among them, is meant to.
 * @throws BUILD_ARCHITECTURE_WRONG with path and instruction
 */
export async function checkPrograms(state: StageState, platform: Platform, signal: AbortSignal): Promise<void> {
  for (const layer of state.programs) checkLayer(layer, platform)
  await checkEntrypoint(state, platform, signal)
}

function checkLayer({ programs, from }: ProgramsOfLayer, platform: Platform): void {
  const [first] = programs
  if (first === undefined || programs.some(({ architecture }) => runs(architecture, platform))) return
  throw wrong({ ...first, from }, platform)
}

async function checkEntrypoint(state: StageState, platform: Platform, signal: AbortSignal): Promise<void> {
  const [command] = [...(state.config.Entrypoint ?? []), ...(state.config.Cmd ?? [])]
  const path = command === undefined ? undefined : findProgram(command, state)
  const content = path === undefined ? undefined : state.files.known.get(path)?.content
  if (path === undefined || content === undefined) return
  const header = readElf((await content.facts(signal)).head)
  if (header === undefined || runs(header.architecture, platform)) return
  throw wrong({ path, architecture: header.architecture, from: 'what the container starts' }, platform)
}

/** Where a container would find the command, links followed. */
function findProgram(command: string, { config, files }: StageState): string | undefined {
  const tree = files.known
  const folder = command.startsWith('/') ? '' : (config.WorkingDir ?? '')
  if (command.includes('/')) return existing(tree, `${folder}/${command}`)
  const path = (config.Env ?? []).find((entry) => entry.startsWith('PATH='))?.slice('PATH='.length) ?? ''
  return path
    .split(':')
    .map((folder) => existing(tree, joinPath(cleanPath(folder), command)))
    .find((found) => found !== undefined)
}

function existing(tree: FileTree, path: string): string | undefined {
  const found = resolvePath(tree, path)
  return tree.get(found)?.kind === 'file' ? found : undefined
}

function runs(architecture: string | undefined, platform: Platform): boolean {
  if (architecture === undefined || architecture === platform.architecture) return true
  if (architecture === 'arm') return platform.architecture.startsWith('arm')
  return only(platform).matches({ os: platform.os, architecture })
}

function wrong(program: Program & { readonly from: string }, platform: Platform): ToolError {
  const { path, architecture, from } = program
  return new ToolError(
    'BUILD_ARCHITECTURE_WRONG',
    `${from}: /${path} is a program for ${architecture ?? 'another processor'}, and the image is for ${formatPlatform(platform)}`,
    { hint: `put the program for ${formatPlatform(platform)} there, for example by its TARGETARCH` },
  )
}

import { isToolError } from '../errors/index.ts'
import { initProject } from '../pipeline/index.ts'
import type { Invocation } from './command.ts'
import { chooserOf, platformsOf, writeInit } from './init-files.ts'
import { questionsOf } from './questions.ts'

const offered: ReadonlySet<string> = new Set(['build', 'debug', 'dev', 'run'])

/**
 * Where there is no skaffold.yaml, offers what `init` would write, and writes it when the answer, or `--assume-yes`, says so.
 * Gives whether there is one now; nobody is bothered where nothing can be made.
 */
export async function offerInit(invocation: Invocation, file: string): Promise<boolean> {
  const { command, flags, cwd, emit, signal, terminal } = invocation
  const questions = questionsOf(invocation)
  const isOn = (name: string): boolean => flags.has(name) && flags.bool(name)
  const isAssumed = isOn('assume-yes') || isOn('auto')
  if (flags.has('auto-create-config') && !flags.bool('auto-create-config')) return false
  if (!offered.has(command) || (questions === undefined && !isAssumed)) return false
  try {
    const result = await initProject(
      { folder: cwd, emit, signal },
      {
        artifacts: [],
        manifests: [],
        generateManifests: true,
        skipBuild: false,
        force: isAssumed,
        ...chooserOf(questions),
        platforms: () => platformsOf(invocation),
      },
    )
    if (questions !== undefined) {
      terminal.stderr.write(`There is no ${file}. This one would fit:\n\n${result.config}\n`)
      if (!(await questions.confirm(`Write it to ${file} and go on?`))) return false
    }
    await writeInit(invocation, file, result)
    return true
  } catch (error) {
    if (isToolError(error, 'INIT_NOTHING_FOUND', 'INIT_AMBIGUOUS')) return false
    throw error
  }
}

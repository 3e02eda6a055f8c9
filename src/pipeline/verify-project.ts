import { resolve } from 'node:path'
import { ToolError } from '../errors/index.ts'
import type { Context, GivenImage, Project } from './contract.ts'
import { runContainers } from './exec-containers.ts'
import { givenArtifacts } from './given-images.ts'

/** How verifications and actions are run. */
export interface ActionOptions {
  readonly given: readonly GivenImage[]
  /** Variables for every container. */
  readonly env: Readonly<Record<string, string>>
  /** Docker network of local containers. */
  readonly network?: string
  readonly namespace?: string
}

/**
 * Runs every verification container of the project to its end, all at once.
 * @throws ACTION_FAILED naming those that failed; ACTION_UNKNOWN when there are none
 */
export async function verifyProject(
  context: Context,
  project: Project,
  options: ActionOptions,
): Promise<readonly string[]> {
  const runs = project.configs.flatMap((config) =>
    (config.verify ?? []).map(({ name, container, executionMode, timeoutSeconds }) => ({
      // the name of the case is what the user knows it by
      container: { ...container, name: container.name === '' ? name : container.name },
      mode: executionMode,
      folder: resolve(context.cwd, config.folder),
      ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    })),
  )
  if (runs.length === 0) {
    throw new ToolError('ACTION_UNKNOWN', 'verify has nothing to run: no configuration has a `verify` section', {
      hint: 'add one to skaffold.yaml, or activate the profile that has it with -p',
    })
  }
  const { given, ...rest } = options
  await runContainers(context, { runs, failFast: false, built: givenArtifacts(given, context), ...rest })
  return runs.map(({ container }) => container.name)
}

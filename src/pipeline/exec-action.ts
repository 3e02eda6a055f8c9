import { resolve } from 'node:path'
import { ToolError } from '../errors/index.ts'
import type { Context, Project } from './contract.ts'
import { runContainers } from './exec-containers.ts'
import { givenArtifacts } from './given-images.ts'
import type { ActionOptions } from './verify-project.ts'

/**
 * Runs the containers of a custom action, all at once, each to its end.
 * @throws ACTION_UNKNOWN, ACTION_FAILED
 */
export async function execAction(
  context: Context,
  project: Project,
  { action: wanted, given, ...rest }: ActionOptions & { readonly action: string },
): Promise<readonly string[]> {
  const known = project.configs.flatMap((config) => (config.customActions ?? []).map((action) => ({ config, action })))
  const found = known.filter(({ action }) => action.name === wanted)
  const [first] = found
  if (first === undefined) {
    const names = [...new Set(known.map(({ action }) => action.name))]
    throw new ToolError('ACTION_UNKNOWN', `custom action ${wanted} not found`, {
      hint: names.length === 0 ? 'add it to `customActions` of skaffold.yaml' : `there are ${names.join(', ')}`,
    })
  }
  const { config, action } = first
  const runs = action.containers.map((container) => ({
    container,
    mode: action.executionMode,
    folder: resolve(context.cwd, config.folder),
  }))
  await runContainers(context, {
    runs,
    failFast: action.failFast,
    built: givenArtifacts(given, context),
    ...(action.timeoutSeconds === undefined ? {} : { timeoutSeconds: action.timeoutSeconds }),
    ...rest,
  })
  return runs.map(({ container }) => container.name)
}

import { resolve } from 'node:path'
import { artifactHookVariables, runHostHooks, type ScheduledBuild } from '../build/index.ts'
import type { HostHook } from '../config/index.ts'
import type { Context, Project } from './contract.ts'

/** When hooks run, as messages say it. */
type When = 'before' | 'after'

/** Does the builds of a project, its configurations' own build hooks around them. */
export async function withBuildHooks<T>(context: Context, project: Project, build: () => Promise<T>): Promise<T> {
  const run = async (when: When): Promise<void> => {
    for (const { folder, build: section } of project.configs) {
      const report = (text: string): void => context.emit({ type: 'info', text })
      await runHooks(context, section.hooks?.[when], { when, folder: resolve(context.cwd, folder), report })
    }
  }
  await run('before')
  const result = await build()
  await run('after')
  return result
}

/** Runs the hooks of one artifact. */
export async function runArtifactHooks(context: Context, when: When, build: ScheduledBuild): Promise<void> {
  const { image, hooks } = build.artifact
  await runHooks(context, hooks?.[when], {
    when,
    folder: build.contextFolder,
    variables: artifactHookVariables(build),
    report: (text) => context.emit({ type: 'buildOutput', image, text }),
  })
}

interface HookRun {
  readonly when: When
  readonly folder: string
  readonly variables?: Readonly<Record<string, string>>
  readonly report: (text: string) => void
}

/** The words around them are Skaffold's. */
async function runHooks(context: Context, hooks: readonly HostHook[] | undefined, run: HookRun): Promise<void> {
  if (hooks === undefined || hooks.length === 0) return
  const { folder, report, variables } = run
  const name = run.when === 'before' ? 'pre-build' : 'post-build'
  report(`Starting ${name} hooks...`)
  const env = { ...context.env, ...(await commonVariables(context)), ...variables }
  await runHostHooks(hooks, { runProcess: context.runProcess, env, folder, report, signal: context.signal })
  report(`Completed ${name} hooks`)
}

/** What every hook finds in its environment. */
async function commonVariables(context: Context): Promise<Readonly<Record<string, string>>> {
  const kubeContext = await context.kubeContext()
  return {
    SKAFFOLD_RUN_ID: context.runId,
    SKAFFOLD_WORK_DIR: context.cwd,
    SKAFFOLD_DEFAULT_REPO: context.defaultRepo ?? '',
    SKAFFOLD_KUBE_CONTEXT: kubeContext ?? '',
  }
}

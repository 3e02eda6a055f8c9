import { platform } from 'node:process'
import { resolve } from 'node:path'
import type { HostHook, SkaffoldConfig } from '../config/index.ts'
import { ToolError } from '../errors/index.ts'
import { parseResources, printResources, type Resource } from '../resource/index.ts'
import type { Context } from './contract.ts'

/**
 * Runs the commands that come before rendering. What they print is told, and is no part of what is rendered.
 * @throws RENDER_HOOK_FAILED, PROGRAM_MISSING
 */
export async function runBeforeHooks(context: Context, config: SkaffoldConfig): Promise<void> {
  const hooks = (config.manifests.hooks?.before ?? []).flatMap(({ host }) => host ?? [])
  await withPhase(context, { hooks, phase: 'pre-render' }, async (hook) => {
    await runHook(context, hook, { config, phase: 'pre-render' })
  })
}

/**
 * Runs the commands that come after rendering, the manifests on their standard input. What one with `withChange` prints
 * takes the place of the manifests.
 * @returns the same list when nothing was changed
 * @throws RENDER_HOOK_FAILED, PROGRAM_MISSING; RESOURCE_INVALID when what is printed is no manifest
 */
export async function runAfterHooks(
  context: Context,
  config: SkaffoldConfig,
  resources: readonly Resource[],
): Promise<readonly Resource[]> {
  const hooks = (config.manifests.hooks?.after ?? []).flatMap(({ host }) => host ?? [])
  let current = resources
  await withPhase(context, { hooks, phase: 'post-render' }, async (hook) => {
    const output = await runHook(context, hook, { config, phase: 'post-render', input: printResources(current) })
    if (hook.withChange === true) current = parseResources(output, describe(hook, 'post-render'))
  })
  return current
}

interface RenderHook extends HostHook {
  readonly withChange?: boolean
}

type Phase = 'post-render' | 'pre-render'

/** The words around hooks are Skaffold's. */
async function withPhase(
  { emit }: Context,
  { hooks, phase }: { readonly hooks: readonly RenderHook[]; readonly phase: Phase },
  run: (hook: RenderHook) => Promise<void>,
): Promise<void> {
  if (hooks.length === 0) return
  emit({ type: 'info', text: `Starting ${phase} hooks...` })
  for (const hook of hooks.filter(isForThisSystem)) await run(hook)
  emit({ type: 'info', text: `Completed ${phase} hooks` })
}

interface HookCall {
  readonly config: SkaffoldConfig
  readonly phase: Phase
  readonly input?: string
}

async function runHook(context: Context, hook: RenderHook, { config, phase, input }: HookCall): Promise<string> {
  const [command = '', ...args] = hook.command
  const changes = hook.withChange === true
  const outcome = await context.runProcess({
    command,
    args,
    cwd: resolve(context.cwd, config.folder, hook.dir ?? '.'),
    env: await hookEnvironment(context),
    ...(input === undefined ? {} : { input }),
    signal: context.signal,
    maxOutputBytes: 1024 * 1024 * 1024,
    onLine: (text, stream) => {
      if (!changes || stream === 'stderr') context.emit({ type: 'info', text })
    },
  })
  if (outcome.status !== 0) {
    const end = outcome.status === undefined ? 'was ended by a signal' : `exited with ${outcome.status}`
    throw new ToolError('RENDER_HOOK_FAILED', `${describe(hook, phase)} ${end}`, { hint: 'its output is above' })
  }
  if (changes && outcome.stdout.trim() === '') {
    throw new ToolError('RENDER_HOOK_FAILED', `${describe(hook, phase)} printed no manifests`, {
      hint: 'a hook with `withChange` prints the manifests that take the place of those on its standard input',
    })
  }
  return outcome.stdout
}

function describe(hook: RenderHook, phase: Phase): string {
  return `the ${phase} hook "${hook.command.join(' ')}"`
}

const systems: Readonly<Record<string, string>> = { win32: 'windows', sunos: 'solaris' }

function isForThisSystem({ os = [] }: RenderHook): boolean {
  return os.length === 0 || os.includes(systems[platform] ?? platform)
}

async function hookEnvironment(context: Context): Promise<Context['env']> {
  return {
    ...context.env,
    SKAFFOLD_RUN_ID: context.runId,
    SKAFFOLD_WORK_DIR: context.cwd,
    SKAFFOLD_DEFAULT_REPO: context.defaultRepo ?? '',
    SKAFFOLD_KUBE_CONTEXT: (await context.kubeContext()) ?? '',
  }
}

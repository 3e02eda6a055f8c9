import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { resolveCommands, type HelmConfig, type HelmRelease } from '../../config/index.ts'
import { runForOutput } from '../../subprocess/index.ts'
import { runTool, type SourceOutside } from '../sources/outside.ts'
import type { ValueSources } from './arguments.ts'

/** How helm is called for a whole section of releases. */
export interface HelmCall {
  readonly args: readonly string[]
  readonly flags: HelmConfig['flags']
  /** What it does, for the error. */
  readonly task: string
  readonly useSecrets?: boolean
  readonly env?: SourceOutside['env']
  /** Told every line that helm prints. */
  readonly report?: (line: string) => void
}

/** Runs helm against the chosen cluster. @throws HELM_FAILED, PROGRAM_MISSING */
export async function runHelm(outside: SourceOutside, call: HelmCall): Promise<string> {
  const { kubeContext, kubeconfig } = outside
  return runTool(outside, {
    command: 'helm',
    args: [
      ...(call.useSecrets === true ? ['secrets'] : []),
      ...(kubeContext === undefined ? [] : ['--kube-context', kubeContext]),
      ...call.args,
      ...(call.flags.global ?? []),
      ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]),
    ],
    task: call.task,
    code: 'HELM_FAILED',
    hint: hintFor,
    ...(call.env === undefined ? {} : { env: call.env }),
    ...(call.report === undefined ? {} : { report: call.report }),
  })
}

function hintFor(said: string): string {
  const [, kind, version] = /no matches for kind "([^"]+)" in version "([^"]+)"/.exec(said) ?? []
  if (kind !== undefined && version !== undefined) {
    return `the cluster has no kind ${kind} of ${version}: install its CustomResourceDefinition before, or put it into crds/ of the chart`
  }
  if (said.includes('the server could not find the requested resource')) {
    return 'the chart has a kind that the cluster does not have: compare "helm template" with "kubectl api-resources"'
  }
  return 'correct the chart or the release in skaffold.yaml; "helm template" shows the same'
}

/** Fetches what a local chart depends on; a chart without dependencies needs no helm for that. */
export async function buildDependencies(
  outside: SourceOutside,
  release: HelmRelease,
  flags: HelmConfig['flags'],
): Promise<void> {
  const { chartPath, skipBuildDependencies, name } = release
  if (chartPath === undefined || skipBuildDependencies || !hasDependencies(resolve(outside.folder, chartPath))) return
  await runHelm(outside, {
    args: ['dep', 'build', chartPath, ...(flags.depBuild ?? [])],
    flags,
    task: `building the dependencies of release ${name}`,
  })
}

function hasDependencies(chart: string): boolean {
  if (existsSync(join(chart, 'requirements.yaml'))) return true
  const file = join(chart, 'Chart.yaml')
  return existsSync(file) && /^["']?dependencies["']?\s*:/m.test(readFileSync(file, 'utf8'))
}

/**
 * Gives the release's `overrides` as a file, and renders templates that run programs.
 * @param use is called again when a template needs the output of a program
 */
export async function withValues<T>(
  outside: SourceOutside,
  {
    release,
    sources,
  }: { readonly release: HelmRelease; readonly sources: Omit<ValueSources, 'cmd' | 'overridesFile'> },
  use: {
    readonly argumentsOf: (sources: ValueSources) => readonly string[]
    readonly run: (args: readonly string[]) => Promise<T>
  },
): Promise<T> {
  const folder = release.overrides === undefined ? undefined : await mkdtemp(join(tmpdir(), 'catamaran-helm-'))
  try {
    const file = folder === undefined ? undefined : join(folder, 'overrides.yaml')
    // JSON is YAML
    if (file !== undefined) await writeFile(file, JSON.stringify(release.overrides, null, 2))
    const { runProcess, folder: cwd, env, signal } = outside
    const args = await resolveCommands(
      (cmd) => use.argumentsOf({ ...sources, cmd, ...(file === undefined ? {} : { overridesFile: file }) }),
      async ([command = '', ...rest]) => runForOutput(runProcess, { command, args: rest, cwd, env, signal }),
    )
    return await use.run(args)
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  }
}

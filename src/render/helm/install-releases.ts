import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HelmConfig, HelmRelease } from '../../config/index.ts'
import { ToolError } from '../../errors/index.ts'
import {
  isClusterScoped,
  parseResources,
  printResources,
  type Resource,
  type ResourceObject,
} from '../../resource/index.ts'
import { runTool, type SourceOutside } from '../sources/outside.ts'
import { installArguments } from './arguments.ts'
import { startPostRenderer } from './post-renderer.ts'
import { inDependencyOrder } from './release-order.ts'
import { runHelm, withValues } from './run-helm.ts'
import { dependencyBuilder, templateRelease, valueSources, type ReleaseInputs } from './template-releases.ts'

/** What is installed, and what is done to it on the way. */
export interface InstallRequest extends ReleaseInputs {
  readonly helm: HelmConfig
  /** Makes of what helm has rendered that which is installed. */
  readonly change: (resources: readonly Resource[]) => Promise<readonly Resource[]>
}

/** A release in the cluster. */
export interface InstalledRelease {
  readonly name: string
  readonly namespace?: string
  /** `unchanged`: it was there and is not to be upgraded. */
  readonly action: 'configured' | 'created' | 'unchanged'
  /** What it consists of, hooks left out, each in its namespace. */
  readonly objects: readonly ResourceObject[]
}

/**
 * Installs or upgrades releases, each behind those it depends on. Everything that helm 4 renders goes through `change`,
 * hooks included; helm 3 leaves hooks as they are, and a warning says so of each that would have been changed.
 * @throws HELM_FAILED, PROGRAM_MISSING, CONFIG_VALUE_INVALID, CONFIG_CONFLICT, and what `change` throws
 */
export async function installReleases(
  outside: SourceOutside,
  request: InstallRequest,
): Promise<readonly InstalledRelease[]> {
  const { flags, releases, concurrency = 1 } = request.helm
  const helm = await findHelm(outside)
  const prepare = dependencyBuilder(outside, flags)
  return inDependencyOrder(releases, {
    concurrency,
    run: async (release) => {
      const namespace = request.namespace ?? release.namespace
      const isInstalled = await findRelease(outside, { release, namespace, flags })
      if (isInstalled && !(release.upgradeOnChange ?? release.remoteChart === undefined)) {
        return { name: release.name, ...given({ namespace }), action: 'unchanged', objects: [] }
      }
      if (!isInstalled) {
        outside.emit({ type: 'info', text: `Helm release ${release.name} not installed. Installing...` })
      }
      await prepare(release)
      return installRelease(outside, release, { request, helm, isInstalled, namespace })
    },
  })
}

interface Helm {
  readonly majorVersion: number
  readonly pluginFolders: string
}

async function findHelm(outside: SourceOutside): Promise<Helm> {
  const tool = { command: 'helm', code: 'HELM_FAILED', hint: 'install helm 3 or 4' } as const
  const [version, plugins] = await Promise.all([
    runTool(outside, { ...tool, args: ['version', '--template', '{{.Version}}'], task: "finding out helm's version" }),
    runTool(outside, { ...tool, args: ['env', 'HELM_PLUGINS'], task: "finding out helm's plugins" }),
  ])
  const major = /^v?(\d+)\./.exec(version.trim())?.[1]
  if (major === undefined) {
    throw new ToolError('HELM_FAILED', `helm says that its version is "${version.trim()}"`, { hint: tool.hint })
  }
  return { majorVersion: Number(major), pluginFolders: plugins.trim() }
}

interface ReleasePlace {
  readonly release: HelmRelease
  readonly namespace: string | undefined
  readonly flags: HelmConfig['flags']
}

/** Whether the cluster has the release. That it cannot be asked is an error. */
async function findRelease(outside: SourceOutside, { release, namespace, flags }: ReleasePlace): Promise<boolean> {
  try {
    await runHelm(outside, {
      args: ['status', release.name, ...inNamespace(namespace)],
      flags,
      task: `looking for release ${release.name}`,
    })
    return true
  } catch (error) {
    if (error instanceof ToolError && error.code === 'HELM_FAILED' && error.message.includes('not found')) return false
    throw error
  }
}

interface Installing {
  readonly request: InstallRequest
  readonly helm: Helm
  readonly isInstalled: boolean
  readonly namespace: string | undefined
}

async function installRelease(
  outside: SourceOutside,
  release: HelmRelease,
  { request, helm, isInstalled, namespace }: Installing,
): Promise<InstalledRelease> {
  const { flags } = request.helm
  if (helm.majorVersion < 4) await warnOfHooks(outside, release, request)
  let objects: readonly ResourceObject[] = []
  const postRenderer = await startPostRenderer({
    ...helm,
    change: async (manifests) => {
      const changed = await request.change(parseResources(manifests, `helm release ${release.name}`))
      objects = changed.map(({ object }) => object)
      return printResources(changed)
    },
  })
  const facts = { ...helm, isInstalled, ...given({ namespace }), postRenderer: postRenderer.args }
  try {
    await withChart(outside, { release, flags }, (packagedChart) =>
      withValues(
        outside,
        { release, sources: valueSources(outside, request) },
        {
          argumentsOf: (sources) =>
            installArguments(release, flags, { sources, facts: { ...facts, ...given({ packagedChart }) } }),
          run: (args) =>
            runHelm(outside, {
              args,
              flags,
              task: `installing release ${release.name}`,
              useSecrets: release.useHelmSecrets,
              env: { ...outside.env, ...postRenderer.env },
              report: (text) => outside.emit({ type: 'info', text }),
            }),
        },
      ),
    )
  } catch (error) {
    throw postRenderer.failure() ?? error
  } finally {
    await postRenderer.close()
  }
  return {
    name: release.name,
    ...given({ namespace }),
    action: isInstalled ? 'configured' : 'created',
    objects: objects.filter((object) => !isHook(object)).map((object) => placed(object, namespace)),
  }
}

/** A chart that gets another version is packed first. */
async function withChart<T>(
  outside: SourceOutside,
  { release, flags }: Pick<ReleasePlace, 'release' | 'flags'>,
  use: (archive: string | undefined) => Promise<T>,
): Promise<T> {
  const { packaged, chartPath } = release
  if (packaged === undefined || chartPath === undefined) return use(undefined)
  const folder = await mkdtemp(join(tmpdir(), 'catamaran-chart-'))
  try {
    const said = await runHelm(outside, {
      args: [
        'package',
        chartPath,
        '--destination',
        folder,
        ...(packaged.version === undefined ? [] : ['--version', packaged.version]),
        ...(packaged.appVersion === undefined ? [] : ['--app-version', packaged.appVersion]),
      ],
      flags,
      task: `packing the chart of release ${release.name}`,
    })
    const at = said.indexOf(folder)
    if (at === -1) throw new ToolError('HELM_FAILED', `helm does not say where it packed ${chartPath}: ${said.trim()}`)
    return await use(said.slice(at).trim())
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function warnOfHooks(outside: SourceOutside, release: HelmRelease, request: InstallRequest): Promise<void> {
  const rendered = await templateRelease(outside, release, { flags: request.helm.flags, inputs: request })
  const hooks = rendered.filter(({ object }) => isHook(object))
  if (hooks.length === 0) return
  const changed = await request.change(hooks)
  for (const [index, { object }] of hooks.entries()) {
    if (JSON.stringify(specOf(object)) === JSON.stringify(specOf(changed[index]?.object))) continue
    outside.emit({
      type: 'warning',
      text: `release ${release.name}: helm 3 installs the hook ${object.kind} ${object.metadata.name} as the chart has it, without its images and node affinity`,
      hint: 'use helm 4, which gives hooks to post-renderers, or render the chart with `manifests.helm`',
    })
  }
}

/** Labels are no loss. */
function specOf(object: ResourceObject | undefined): unknown {
  return object === undefined ? undefined : { ...object, metadata: undefined }
}

/** @see https://helm.sh/docs/topics/charts_hooks/ */
function isHook({ metadata }: ResourceObject): boolean {
  return metadata.annotations?.['helm.sh/hook'] !== undefined
}

function placed(object: ResourceObject, namespace: string | undefined): ResourceObject {
  const isPlaced = (object.metadata.namespace ?? '') !== '' || namespace === undefined
  return isPlaced || isClusterScoped(object) === true
    ? object
    : { ...object, metadata: { ...object.metadata, namespace } }
}

/**
 * Removes releases from the cluster, the last first, and waits until what they consist of is gone; one that is not there
 * is left out. Gives the names of those that were there.
 * @throws HELM_FAILED, PROGRAM_MISSING
 */
export async function uninstallReleases(
  outside: SourceOutside,
  { helm, namespace, dryRun }: { readonly helm: HelmConfig; readonly namespace?: string; readonly dryRun: boolean },
): Promise<readonly string[]> {
  const removed: string[] = []
  for (const release of helm.releases.toReversed()) {
    const place = { release, namespace: namespace ?? release.namespace, flags: helm.flags }
    if (!(await findRelease(outside, place))) continue
    removed.push(release.name)
    if (dryRun) continue
    await runHelm(outside, {
      args: ['uninstall', release.name, ...inNamespace(place.namespace), '--wait'],
      flags: helm.flags,
      task: `removing release ${release.name}`,
    })
  }
  return removed
}

function inNamespace(namespace: string | undefined): readonly string[] {
  return namespace === undefined ? [] : ['--namespace', namespace]
}

/** The members that have a value. */
function given<K extends string>(members: Readonly<Record<K, string | undefined>>): { readonly [key in K]?: string } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    readonly [key in K]?: string
  }
}

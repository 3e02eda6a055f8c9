import type { HelmConfig, HelmRelease } from '../../config/index.ts'
import { parseResources, type Resource } from '../../resource/index.ts'
import { createLimiter, memoizeAsync } from '../../support/index.ts'
import type { RenderedImage } from '../contract.ts'
import type { Setters } from '../setters.ts'
import type { SourceOutside } from '../sources/outside.ts'
import { templateArguments, type ValueSources } from './arguments.ts'
import { imageVariables } from './image-variables.ts'
import { buildDependencies, runHelm, withValues } from './run-helm.ts'

/** What releases are made with. */
export interface ReleaseInputs {
  readonly images: readonly Pick<RenderedImage, 'image' | 'reference'>[]
  readonly setters: Setters
  /** In place of what releases say. */
  readonly namespace?: string
}

/** What helm made of one release. */
export interface RenderedRelease {
  readonly release: HelmRelease
  readonly resources: readonly Resource[]
}

/**
 * Renders the releases of one section with `helm template`, hooks included, in their order.
 * @throws HELM_FAILED, PROGRAM_MISSING, RESOURCE_INVALID
 */
export async function templateReleases(
  outside: SourceOutside,
  { flags, releases }: HelmConfig,
  inputs: ReleaseInputs,
): Promise<readonly RenderedRelease[]> {
  const limit = createLimiter(4)
  const prepare = dependencyBuilder(outside, flags)
  const rendered = releases.map((release) =>
    limit(async () => {
      await prepare(release)
      return { release, resources: await templateRelease(outside, release, { flags, inputs }) }
    }),
  )
  return Promise.all(rendered)
}

/** Two releases of one chart must not fetch its dependencies at the same time. */
export function dependencyBuilder(
  outside: SourceOutside,
  flags: HelmConfig['flags'],
): (release: HelmRelease) => Promise<void> {
  const byChart = new Map<string, HelmRelease>()
  const build = memoizeAsync(async (chart: string) => {
    const release = byChart.get(chart)
    if (release !== undefined) await buildDependencies(outside, release, flags)
  })
  return async (release) => {
    if (release.chartPath === undefined || release.skipBuildDependencies) return
    byChart.set(release.chartPath, release)
    await build(release.chartPath)
  }
}

/** Renders one release. */
export async function templateRelease(
  outside: SourceOutside,
  release: HelmRelease,
  { flags, inputs }: { readonly flags: HelmConfig['flags']; readonly inputs: ReleaseInputs },
): Promise<readonly Resource[]> {
  const namespace = inputs.namespace ?? release.namespace
  const inNamespace = namespace === undefined ? {} : { namespace }
  const text = await withValues(
    outside,
    { release, sources: valueSources(outside, inputs) },
    {
      argumentsOf: (sources) => templateArguments(release, flags, { ...sources, ...inNamespace }),
      run: (args) =>
        runHelm(outside, {
          args,
          flags,
          task: `rendering release ${release.name}`,
          useSecrets: release.useHelmSecrets,
        }),
    },
  )
  return parseResources(text, `helm release ${release.name}`)
}

/** What the values of any release of a run may use. */
export function valueSources(
  { env, emit }: SourceOutside,
  { images, setters }: ReleaseInputs,
): Omit<ValueSources, 'cmd' | 'overridesFile'> {
  return {
    env,
    variables: imageVariables(images),
    setters,
    hasImages: images.length > 0,
    warn: (text) => emit({ type: 'warning', text }),
  }
}

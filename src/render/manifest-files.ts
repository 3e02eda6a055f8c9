import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { HelmConfig, HelmRelease, ManifestsConfig } from '../config/index.ts'
import { expandGlobs } from '../workspace/index.ts'
import { kustomizationFiles } from './sources/kustomization-files.ts'
import { isUrl, rawYamlFiles } from './sources/raw-yaml.ts'

/**
 * Absolute paths of the local files that the manifests of one configuration are made of: what a watcher has to look at.
 * @param folder absolute path of the configuration's folder
 * @throws WORKSPACE_NO_MATCH for a pattern without files
 */
export async function manifestFiles(
  folder: string,
  manifests: ManifestsConfig,
  installed?: HelmConfig,
): Promise<readonly string[]> {
  const raw = await rawYamlFiles(folder, manifests.rawYaml)
  const kustomized = (manifests.kustomize?.paths ?? []).filter((path) => !isUrl(path))
  const releases = [...(manifests.helm?.releases ?? []), ...(installed?.releases ?? [])]
  const kpt = await expandGlobs(folder, manifests.kpt ?? [], { whenNone: 'nothing', extensions: 'any' })
  const charts = await Promise.all(releases.map((release) => releaseFiles(folder, release)))
  return [
    ...new Set([
      ...raw,
      ...kustomized.flatMap((path) => kustomizationFiles(resolve(folder, path))),
      ...kpt,
      ...charts.flat(),
    ]),
  ]
}

/** What `helm dep build` writes must not count as a change of the user's. */
const fetched = /[/\\](?:charts|tmpcharts)[/\\]|[/\\](?:Chart|requirements)\.lock$/

async function releaseFiles(folder: string, release: HelmRelease): Promise<readonly string[]> {
  const named = [...release.valuesFiles.filter((file) => !file.includes('{{')), ...Object.values(release.setFiles)]
  const given = named.map((file) => resolve(folder, file)).filter((file) => existsSync(file))
  if (release.chartPath === undefined) return given
  const chart = resolve(folder, release.chartPath)
  const inChart = await expandGlobs(folder, [chart], { whenNone: 'nothing', extensions: 'any' })
  const own = release.skipBuildDependencies
    ? inChart
    : inChart.filter((file) => !fetched.test(file.slice(chart.length)))
  return [...given, ...own]
}

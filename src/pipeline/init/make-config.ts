import { posix } from 'node:path'
import { newestVersion, printConfigs, type PlainValue } from '../../config/index.ts'
import { objectName } from './deployment.ts'
import type { FoundManifests } from './manifests.ts'
import type { Pair } from './pair.ts'

/** What a new configuration is made of. */
export interface NewConfig {
  readonly name: string
  readonly pairs: readonly Pair[]
  readonly manifests: Pick<FoundManifests, 'charts' | 'kustomizations' | 'rawYaml'>
  /** The kustomization that counts without a profile; the first when absent. */
  readonly defaultKustomization?: string
  /** Of the cluster; empty when it was not asked or has none. */
  readonly platforms: readonly string[]
}

/** The text of a new skaffold.yaml. */
export function makeConfig({ name, pairs, manifests, platforms, defaultKustomization }: NewConfig): string {
  const { rawYaml, kustomizations, charts } = manifests
  const first = defaultKustomization ?? kustomizations[0]
  const overlays = kustomizations.filter((path) => path !== first)
  const build = {
    ...(platforms.length === 0 || pairs.length === 0 ? {} : { platforms }),
    ...(pairs.length === 0 ? {} : { artifacts: pairs.map(artifactOf) }),
  }
  const releases = charts.map((chart) => ({ name: objectName(chart === '.' ? name : chart), chartPath: chart }))
  const rendered = {
    ...(rawYaml.length === 0 ? {} : { rawYaml }),
    ...(first === undefined ? {} : { kustomize: { paths: [first] } }),
    ...(releases.length === 0 ? {} : { helm: { releases } }),
  }
  const profiles = overlays.map((path) => ({
    name: objectName(path),
    manifests: { kustomize: { paths: [path] } },
  }))
  return printConfigs([
    {
      apiVersion: newestVersion,
      kind: 'Config',
      metadata: { name: objectName(name) },
      ...(Object.keys(build).length === 0 ? {} : { build }),
      ...(Object.keys(rendered).length === 0 ? {} : { manifests: rendered }),
      ...(profiles.length === 0 ? {} : { profiles }),
    },
  ])
}

function artifactOf({ builder, image, context }: Pair): PlainValue {
  const folder = context ?? posix.dirname(builder.path)
  const placed = { image, ...(folder === '.' ? {} : { context: folder }) }
  if (builder.kind === 'Buildpacks') return { ...placed, buildpacks: { builder: 'gcr.io/buildpacks/builder:v1' } }
  if (builder.kind === 'Ko') return { ...placed, ko: {} }
  if (builder.kind === 'Docker') {
    const dockerfile = posix.relative(folder, builder.path)
    return dockerfile === 'Dockerfile' ? placed : { ...placed, docker: { dockerfile } }
  }
  return { ...placed, jib: builder.project === undefined ? {} : { project: builder.project } }
}

export type { PlacementOptions, RenderedImage, RenderRequest } from './contract.ts'
export {
  installReleases,
  uninstallReleases,
  type InstalledRelease,
  type InstallRequest,
} from './helm/install-releases.ts'
export { loadManifests, type LoadedManifests, type ManifestsRequest } from './load-manifests.ts'
export { manifestFiles } from './manifest-files.ts'
export { renderResources } from './render.ts'
export { createSelector, type ResourceSelector } from './selector.ts'
export type { Setters } from './setters.ts'
export { validateResources } from './sources/kpt.ts'
export { checkRawYaml } from './sources/raw-yaml.ts'
export type { SourceOutside } from './sources/outside.ts'

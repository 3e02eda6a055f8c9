import { resolve } from 'node:path'
import type { SkaffoldConfig } from '../config/index.ts'
import {
  loadManifests,
  manifestFiles as filesOfManifests,
  type LoadedManifests,
  type SourceOutside,
} from '../render/index.ts'
import type { BuiltArtifact, Context, RenderOptions } from './contract.ts'

/** How the manifests of one configuration are read. */
export interface LoadOptions {
  readonly built: readonly BuiltArtifact[]
  readonly render: Pick<RenderOptions, 'namespace' | 'setters'>
  /** Nothing may ask a cluster: programs are not told which one. */
  readonly offline: boolean
  /** Render what `deploy.helm` would install, too. */
  readonly withInstalled: boolean
}

/**
 * Reads and renders the manifests of one configuration.
 * @throws what `loadManifests` throws
 */
export async function loadResources(
  context: Context,
  config: SkaffoldConfig,
  { built, render, offline, withInstalled }: LoadOptions,
): Promise<LoadedManifests> {
  const { manifests, deploy } = config
  const installed = withInstalled ? deploy.helm : undefined
  const usesCluster = manifests.helm ?? installed ?? manifests.remoteManifests
  return loadManifests(await sourceOutside(context, config, { isClusterless: offline || usesCluster === undefined }), {
    manifests,
    images: built,
    setters: render.setters ?? {},
    installsReleases: (deploy.helm?.releases ?? []).length > 0,
    ...(installed === undefined ? {} : { installed }),
    ...(render.namespace === undefined ? {} : { namespace: render.namespace }),
  })
}

/** What programs that make manifests get from a run. */
export async function sourceOutside(
  context: Context,
  config: SkaffoldConfig,
  { isClusterless }: { readonly isClusterless: boolean },
): Promise<SourceOutside> {
  const { runProcess, env, signal, emit, cwd, kubeconfig, google } = context
  const base = { runProcess, env, signal, emit, google, cwd, folder: resolve(cwd, config.folder) }
  if (isClusterless) return base
  const kubeContext = await context.kubeContext()
  return {
    ...base,
    ...(kubeContext === undefined ? {} : { kubeContext }),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
  }
}

/** Absolute paths of the local files that the manifests of one configuration are made of. */
export async function manifestFiles({ cwd }: Pick<Context, 'cwd'>, config: SkaffoldConfig): Promise<readonly string[]> {
  return filesOfManifests(resolve(cwd, config.folder), config.manifests, config.deploy.helm)
}

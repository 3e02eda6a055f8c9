import { resolve } from 'node:path'
import { checkRawYaml } from '../render/index.ts'
import type { Context, Project } from './contract.ts'

/**
 * Reads the manifests that are there already, so that a mistake in one is told before images are built and pushed for it.
 * Configurations whose hooks may still change their files are left out, and so is everything that a program renders.
 * @throws FILE_UNREADABLE, RESOURCE_INVALID
 */
export async function checkManifests({ cwd }: Pick<Context, 'cwd'>, { configs }: Project): Promise<void> {
  for (const { folder, manifests } of configs) {
    if ((manifests.hooks?.before ?? []).length > 0) continue
    await checkRawYaml({ folder: resolve(cwd, folder), cwd }, manifests.rawYaml)
  }
}

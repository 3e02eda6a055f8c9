import type { BuildPlan } from '../../../dockerfile/index.ts'
import { parseReference } from '../../../reference/index.ts'
import { isInsecure, type RegistryTrust } from '../../registry-trust.ts'
import type { EngineJob } from './engine.ts'

/** The registries of a Dockerfile's base images, as engines are told of them. */
export function baseRegistries(
  { needed }: BuildPlan,
  trust: RegistryTrust,
): Pick<EngineJob, 'hasOtherRegistries' | 'insecureRegistries'> {
  const all = needed.flatMap(({ base }) => (base.kind === 'image' ? [parseReference(base.name).registry] : []))
  const hosts = [...new Set(all)]
  const insecureRegistries = hosts.filter((host) => isInsecure(host, trust))
  return insecureRegistries.length < hosts.length
    ? { insecureRegistries, hasOtherRegistries: true }
    : { insecureRegistries }
}

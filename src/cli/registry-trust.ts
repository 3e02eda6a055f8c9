import type { RegistryTrust } from '../build/index.ts'
import type { Invocation } from './command.ts'

/** Which registries builders may reach without proof: those that flags name, and the known ones; or all of them. */
export function registryTrust({ flags }: Pick<Invocation, 'flags'>, known: readonly string[]): RegistryTrust {
  const given = flags.has('insecure-registry') ? flags.list('insecure-registry') : []
  const insecureRegistries = [...new Set([...given, ...known])]
  const isSaid = (name: string): boolean => flags.has(name) && flags.bool(name)
  if (isSaid('plain-http')) return { insecureRegistries, all: 'http' }
  return isSaid('insecure-skip-tls-verify') ? { insecureRegistries, all: 'anyCertificate' } : { insecureRegistries }
}

import { parseReference } from '../reference/index.ts'

/** How far registries are trusted without proof, as the user says. */
export interface RegistryTrust {
  /** Hosts that speak http, or whose certificates nobody knows. */
  readonly insecureRegistries: readonly string[]
  /** Said of all registries: they speak http, or any certificate will do. */
  readonly all?: 'http' | 'anyCertificate'
}

/** Whether a registry needs no TLS, or no certificate that somebody vouches for; those on this machine do not. */
export function isInsecure(registry: string, { insecureRegistries, all }: RegistryTrust): boolean {
  return all !== undefined || insecureRegistries.includes(registry) || isLoopbackHost(registry)
}

/** The registry that an image of that name comes from; undefined when it comes from none. */
export function registryOf(name: string): string | undefined {
  return name.startsWith('oci:') ? undefined : parseReference(name).registry
}

/** Whether a registry is on this machine. */
export function isLoopbackHost(registry: string): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/.test(registry)
}

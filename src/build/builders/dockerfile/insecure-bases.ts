import type { BuildPlan } from '../../../dockerfile/index.ts'
import { parseReference } from '../../../reference/index.ts'

/**
 * Registries among those that the Dockerfile's images come from which need no TLS: the given ones and this machine. Empty
 * when an image comes from another one, because engines can only be told for all at once.
 */
export function insecureBases({ needed }: BuildPlan, insecure: readonly string[]): readonly string[] {
  const hosts = needed.flatMap(({ base }) => (base.kind === 'image' ? [parseReference(base.name).registry] : []))
  const isInsecure = (host: string): boolean => insecure.includes(host) || isLoopbackHost(host)
  return hosts.every(isInsecure) ? [...new Set(hosts)] : []
}

/** Whether a registry is on this machine. */
export function isLoopbackHost(registry: string): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/.test(registry)
}

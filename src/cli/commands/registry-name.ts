import { parseReference } from '../../reference/index.ts'

/**
 * The registry that is meant: Docker Hub when none is named; a scheme and a path are left away, as docker does.
 * @throws REFERENCE_INVALID
 */
export function registryName(text: string | undefined): string {
  const host = (text ?? 'docker.io').replace(/^https?:\/\//, '').split('/')[0] ?? ''
  if (/^(?:index\.|registry-1\.)?docker\.io$/.test(host)) return 'docker.io'
  // a lone word would be a repository of Docker Hub
  const isHost = /[.:]/.test(host) || host === 'localhost'
  return isHost ? parseReference(`${host}/x`).registry : parseReference(`${host}:443/x`).registry.replace(/:443$/, '')
}

import { compileGoPattern } from '../../support/index.ts'

/**
 * Whether a key of a pull secret is for the repository, by the kubelet's rules: each part of the host may be a pattern of
 * Go's `filepath.Match`, the port must be the same, and the path is a prefix. As with the kubelet, a bad pattern is for none.
 * @see https://kubernetes.io/docs/concepts/containers/images/#config-json
 */
export function matchesPullSecretKey(
  key: string,
  image: { readonly registry: string; readonly repository: string },
): boolean {
  const { host, port, path } = splitKey(key)
  return names(image.registry).some((name) => {
    const own = splitKey(name)
    return port === own.port && matchesHost(host, own.host) && image.repository.startsWith(path)
  })
}

function names(registry: string): readonly string[] {
  return registry === 'docker.io' ? ['docker.io', 'index.docker.io'] : [registry]
}

function splitKey(key: string): { readonly host: string; readonly port: string; readonly path: string } {
  const bare = key.replace(/^https?:\/\//, '')
  const slash = bare.indexOf('/')
  const authority = slash === -1 ? bare : bare.slice(0, slash)
  const path = slash === -1 ? '' : bare.slice(slash + 1)
  const port = /:(\d+)$/.exec(authority)?.[1] ?? ''
  return {
    host: authority.replace(/:\d+$/, ''),
    port,
    // keys of docker's first protocol carry its version
    path: path.replace(/^v[12]\/?$/, ''),
  }
}

function matchesHost(pattern: string, host: string): boolean {
  const parts = pattern.split('.')
  const own = host.split('.')
  return parts.length === own.length && parts.every((part, at) => compileGoPattern(part)?.(own[at] ?? '') === true)
}

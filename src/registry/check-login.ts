import { ToolError } from '../errors/index.ts'
import type { RegistryOptions } from './create-registry.ts'
import { createHosts } from './host/hosts.ts'
import { createTransport } from './host/transport.ts'
import type { Login } from './keychain/store-credentials.ts'
import { createRoutes } from './mirrors/routes.ts'

/**
 * Asks a registry whether it accepts a login.
 * @throws REGISTRY_UNAUTHORIZED when it does not; REGISTRY_UNREACHABLE, REGISTRY_CERTIFICATE, REGISTRY_FAILED
 */
export async function checkLogin(
  registry: string,
  login: Login,
  options: RegistryOptions & { readonly signal?: AbortSignal },
): Promise<void> {
  const systemFolder = options.systemFolder ?? '/etc'
  const transport = createTransport(options)
  try {
    const keychain = { credentialsFor: async () => [{ kind: 'basic' as const, ...login }] }
    const routes = createRoutes({ env: options.env, systemFolder })
    const hosts = createHosts({ ...options, systemFolder, transport, keychain, routes, now: options.now ?? Date.now })
    const host = await hosts.of(registry)
    const { signal } = options
    const response = await host.send({
      method: 'GET',
      target: '/v2/',
      repository: '',
      scopes: [],
      ...(signal === undefined ? {} : { signal }),
    })
    await response.discard()
    if (response.status === 401 || response.status === 403) throw refused(registry)
    if (response.status !== 200) {
      throw new ToolError('REGISTRY_FAILED', `${registry} answered with status ${response.status}`, {
        hint: `check that ${registry} is a registry`,
      })
    }
  } catch (error) {
    if (error instanceof ToolError && error.code === 'REGISTRY_UNAUTHORIZED') throw refused(registry)
    throw error
  } finally {
    await transport.close()
  }
}

function refused(registry: string): ToolError {
  return new ToolError('REGISTRY_UNAUTHORIZED', `${registry} does not accept this user name and password`, {
    hint: 'check them; many registries want an access token in place of the password',
  })
}

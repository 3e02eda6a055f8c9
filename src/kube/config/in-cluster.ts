import { readFile } from 'node:fs/promises'
import type { KubeTarget } from './target.ts'

const folder = '/var/run/secrets/kubernetes.io/serviceaccount'

/**
 * The cluster that this process runs in as a pod; undefined outside of one.
 * @see https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
 */
export async function inClusterTarget(
  env: Readonly<Record<string, string | undefined>>,
  mount: string = folder,
): Promise<KubeTarget | undefined> {
  const [host, port] = [env['KUBERNETES_SERVICE_HOST'] ?? '', env['KUBERNETES_SERVICE_PORT'] ?? '']
  if (host === '' || port === '' || (await readOptional(`${mount}/token`)) === undefined) return undefined
  const [ca, namespace] = await Promise.all([readOptional(`${mount}/ca.crt`), readOptional(`${mount}/namespace`)])
  return {
    context: 'in-cluster',
    namespace: namespace?.trim() ?? 'default',
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    tls: { isUnverified: false, ...(ca === undefined ? {} : { ca }) },
    user: { tokenFile: `${mount}/token` },
  }
}

async function readOptional(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

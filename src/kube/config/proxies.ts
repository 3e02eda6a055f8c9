import { proxyFromEnv, type ProxyOptions } from '../../http/index.ts'
import type { KubeOutside, KubeTarget } from './target.ts'

/** The proxy of the kubeconfig, wherever the server is, else those of the environment. */
export function proxiesOf({ proxy }: Pick<KubeTarget, 'proxy'>, { env }: Pick<KubeOutside, 'env'>): ProxyOptions {
  return proxy === undefined ? proxyFromEnv(env) : { http: proxy, https: proxy, forLoopback: true }
}

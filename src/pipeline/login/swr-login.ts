import { createHmac } from 'node:crypto'
import { ToolError } from '../../errors/index.ts'
import type { Login } from '../../registry/index.ts'

/** The keys of an account at Huawei Cloud. */
export interface SwrKeys {
  readonly accessKey: string
  readonly secretKey: string
  /** Region and, with an underscore, the project in it; the host's region when absent. */
  readonly project?: string
}

/**
 * The long-term login of Huawei Cloud's registry, made of an account's keys; it ends with them.
 * @throws USAGE when the host does not say its region and none is given
 * @see https://support.huaweicloud.com/intl/en-us/usermanual-swr/swr_01_1000.html
 */
export function swrLogin(registry: string, { accessKey, secretKey, project }: SwrKeys): Login {
  const region = project ?? /^swr\.([\w-]+)\.myhuaweicloud\.\w+$/.exec(registry)?.[1]
  if (region === undefined) {
    throw new ToolError('USAGE', `${registry} does not say its region`, { hint: 'give it with --swr-project' })
  }
  return {
    username: `${region}@${accessKey}`,
    password: createHmac('sha256', secretKey).update(accessKey).digest('hex'),
  }
}

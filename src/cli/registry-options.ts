import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ToolError } from '../errors/index.ts'
import type { RegistryOptions } from '../registry/index.ts'
import type { Invocation } from './command.ts'
import { parseDuration } from './commands/duration.ts'

/** What the command line says about how registries are reached. */
export type ReachOptions = Pick<RegistryOptions, 'plainHttp' | 'skipTlsVerify' | 'http' | 'pullSecrets'> & {
  readonly insecureRegistries: readonly string[]
}

/**
 * Reads the flags about registries; commands that have none say nothing.
 * @throws USAGE, FILE_UNREADABLE
 */
export async function registryOptions({ flags, cwd }: Pick<Invocation, 'flags' | 'cwd'>): Promise<ReachOptions> {
  if (!flags.has('plain-http')) return { insecureRegistries: [] }
  const maxWaitMs = parseDuration(flags.text('registry-wait') ?? '')
  if (maxWaitMs === undefined) {
    throw new ToolError('USAGE', `--registry-wait=${flags.text('registry-wait')} is not a duration`, {
      hint: 'write it as 90s or 5m',
    })
  }
  const secrets = flags.has('pull-secret') ? flags.list('pull-secret') : []
  return {
    plainHttp: flags.bool('plain-http'),
    skipTlsVerify: flags.bool('insecure-skip-tls-verify'),
    insecureRegistries: flags.list('insecure-registry'),
    pullSecrets: await Promise.all(secrets.map(async (file) => readPullSecret(resolve(cwd, file)))),
    http: { retry: { maxWaitMs } },
  }
}

/** The `.dockerconfigjson` itself, or the whole Secret as `kubectl get -o json` prints it. */
async function readPullSecret(path: string): Promise<string> {
  const text = await readText(path)
  const wrapped = /"\.dockerconfigjson"\s*:\s*"([\w+/=]*)"/.exec(text)?.[1]
  const own = wrapped === undefined ? text : Buffer.from(wrapped, 'base64').toString('utf8')
  if (hasAuths(own)) return own
  throw new ToolError('FILE_UNREADABLE', `${path} is no pull secret`, {
    hint: `write one with: kubectl get secret NAME -o json > ${path}`,
  })
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new ToolError('FILE_UNREADABLE', `cannot read the pull secret ${path}`, {
      hint: 'check the path',
      cause: error,
    })
  }
}

function hasAuths(text: string): boolean {
  try {
    const document: unknown = JSON.parse(text)
    return typeof document === 'object' && document !== null && 'auths' in document
  } catch {
    return false
  }
}

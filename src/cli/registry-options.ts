import { ToolError } from '../errors/index.ts'
import type { RegistryOptions } from '../registry/index.ts'
import { parseDuration } from './commands/duration.ts'
import type { ParsedFlags } from './flags/index.ts'

/** What the flags say about how registries are reached; nothing for commands that have no such flags. */
export function registryOptions(
  flags: ParsedFlags,
): Pick<RegistryOptions, 'plainHttp' | 'skipTlsVerify' | 'http'> & { readonly insecureRegistries: readonly string[] } {
  if (!flags.has('plain-http')) return { insecureRegistries: [] }
  const maxWaitMs = parseDuration(flags.text('registry-wait') ?? '')
  if (maxWaitMs === undefined) {
    throw new ToolError('USAGE', `--registry-wait=${flags.text('registry-wait')} is not a duration`, {
      hint: 'write it as 90s or 5m',
    })
  }
  return {
    plainHttp: flags.bool('plain-http'),
    skipTlsVerify: flags.bool('insecure-skip-tls-verify'),
    insecureRegistries: flags.list('insecure-registry'),
    http: { retry: { maxWaitMs } },
  }
}

import type { DockerfileBuilderParts } from '../build/index.ts'
import type { Invocation } from './command.ts'

/**
 * Which attestations BuildKit makes: none in a session that builds again and again, and no more than flags ask for when
 * `BUILDX_NO_DEFAULT_ATTESTATIONS` says so, as buildx reads it.
 */
export function attestingOf({ command, env }: Pick<Invocation, 'command' | 'env'>): Attesting {
  if (command === 'dev' || command === 'debug') return 'never'
  return /^(?:1|t|true)$/i.test(env['BUILDX_NO_DEFAULT_ATTESTATIONS'] ?? '') ? 'asked' : 'default'
}

type Attesting = NonNullable<DockerfileBuilderParts['attesting']>

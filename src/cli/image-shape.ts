import type { DockerfileBuilderParts } from '../build/index.ts'
import type { MediaTypeFamily } from '../image/index.ts'
import type { Invocation } from './command.ts'

/**
 * Which attestations BuildKit makes: none in a session that builds again and again, and no more than flags ask for when
 * `BUILDX_NO_DEFAULT_ATTESTATIONS` says so, as buildx reads it, or where Docker's manifest list has no place for them.
 */
export function attestingOf(invocation: Invocation): Attesting {
  const { command, env } = invocation
  if (command === 'dev' || command === 'debug') return 'never'
  if (indexTypeOf(invocation) === 'docker') return 'asked'
  return /^(?:1|t|true)$/i.test(env['BUILDX_NO_DEFAULT_ATTESTATIONS'] ?? '') ? 'asked' : 'default'
}

type Attesting = NonNullable<DockerfileBuilderParts['attesting']>

/** Whose media types images and indexes are to have; undefined: those that their builder gives them. */
export function indexTypeOf({ flags }: Pick<Invocation, 'flags'>): MediaTypeFamily | undefined {
  const given = flags.has('index-type') ? flags.text('index-type') : undefined
  return given === 'docker' || given === 'oci' ? given : undefined
}

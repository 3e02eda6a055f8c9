import type { Context, DeployOptions } from '../contract.ts'
import type { RunFollower } from './follow-run.ts'

/** Follows what went to Cloud Run as far as it is asked for; loaded only when something did. */
export async function followerOf(
  context: Context,
  { tail, portForward = [] }: Pick<DeployOptions, 'portForward' | 'tail'>,
): Promise<RunFollower> {
  const { createRunFollower } = await import('./follow-run.ts')
  return createRunFollower(context, { tail, forward: portForward.includes('services') })
}

import { ToolError } from '../../../errors/index.ts'
import type { Times } from './native-build.ts'

/**
 * Zero, or `SOURCE_DATE_EPOCH` when that is set: as a build argument, or in the environment.
 * @throws USAGE when it is no number of seconds
 * @see https://reproducible-builds.org/specs/source-date-epoch/
 */
export function timesFrom(epoch: string | undefined): Times {
  if (epoch === undefined || epoch === '') return { fixed: 0, latest: undefined, created: formatTime(0) }
  const seconds = Number(epoch)
  if (!/^\d{1,11}$/.test(epoch)) {
    throw new ToolError('USAGE', `SOURCE_DATE_EPOCH is "${epoch}", which is no number of seconds`, {
      hint: 'set it to seconds since 1970, for example to $(git log -1 --format=%ct)',
    })
  }
  return { fixed: seconds, latest: seconds, created: formatTime(seconds) }
}

/** As Go writes times: without fractions. */
function formatTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

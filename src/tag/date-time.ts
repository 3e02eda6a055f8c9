import { ToolError } from '../errors/index.ts'
import type { MakeTag } from './contract.ts'
import { formatGoTime } from '../config/index.ts'

const defaultLayout = '2006-01-02_15-04-05.999_MST'

/** The time of the build, in a layout of Go's `time` package. */
export function dateTimeTag(
  { format, timezone }: { readonly format?: string; readonly timezone?: string },
  now: () => Date,
): MakeTag {
  return () => Promise.resolve(formatIn(now(), format ?? defaultLayout, timezone))
}

function formatIn(time: Date, layout: string, timezone: string | undefined): string {
  const zone = timezone === undefined || timezone === 'Local' ? undefined : timezone
  try {
    return formatGoTime(time, layout, zone)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new ToolError('CONFIG_VALUE_INVALID', `bad timezone provided: "${timezone ?? ''}"`, {
      hint: 'write a name like Europe/Paris, UTC or Local',
      cause: error,
    })
  }
}

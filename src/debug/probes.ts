import { isMapping, type Mapping } from '../resource/index.ts'

/** Pods say with this annotation how long their probes may wait at least, or `skip` to keep them. */
export const probeTimeoutsAnnotation = 'debug.cloud.google.com/probe/timeouts'

const defaultTimeoutSeconds = 600

/**
 * How long probes have to wait: a program that stands at a breakpoint does not answer. Undefined: they stay as they are.
 */
export function probeTimeoutSeconds(annotation: string | undefined): number | undefined {
  if (annotation === undefined) return defaultTimeoutSeconds
  return annotation === 'skip' ? undefined : (parseDuration(annotation) ?? defaultTimeoutSeconds)
}

/** The container with all HTTP probes waiting at least so long. */
export function withPatientProbes(container: Mapping, seconds: number): Mapping {
  const probes = ['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((key) => {
    const probe = container[key]
    if (!isMapping(probe) || !isMapping(probe['httpGet'])) return []
    const given = probe['timeoutSeconds']
    if (typeof given === 'number' && given >= seconds) return []
    return [[key, { ...probe, timeoutSeconds: seconds }] as const]
  })
  return probes.length === 0 ? container : { ...container, ...Object.fromEntries(probes) }
}

/** Whole seconds of a duration of Go, such as `1h30m`. */
function parseDuration(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:h|ms|m|s))+$/.test(text)) return undefined
  const seconds = [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)].reduce(
    (sum, [, count = '0', unit = 's']) => sum + Number(count) * (secondsOf[unit] ?? 1),
    0,
  )
  return seconds < 1 ? undefined : Math.floor(seconds)
}

const secondsOf: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 0.001 }

/** Every version of skaffold.yaml, oldest first. */
export const configVersions: readonly string[] = [
  ...numbered('v1alpha', 5),
  ...numbered('v1beta', 17),
  'skaffold/v1',
  ...numbered('v2alpha', 4),
  ...numbered('v2beta', 29),
  'skaffold/v3alpha1',
  'skaffold/v3',
  ...numbered('v4beta', 14),
]

function numbered(family: string, last: number): readonly string[] {
  return Array.from({ length: last }, (_, index) => `skaffold/${family}${index + 1}`)
}

/** The version that everything is upgraded to. */
export const newestVersion: string = configVersions.at(-1) ?? ''

/** Whether an `apiVersion` can be read; `newer` is of a form that a later catamaran may know. */
export type VersionVerdict = 'newer' | 'read' | 'unknown'

/** Judges an `apiVersion`. */
export function judgeVersion(apiVersion: string): VersionVerdict {
  if (configVersions.includes(apiVersion)) return 'read'
  const match = /^skaffold\/v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(apiVersion)
  if (match === null) return 'unknown'
  const [, major, stage, number] = match
  const isLater = Number(major) > 4 || (Number(major) === 4 && (stage === undefined || stage === 'beta'))
  return isLater && !(stage === 'beta' && Number(major) === 4 && Number(number) <= 14) ? 'newer' : 'unknown'
}

import type { HelmRelease } from '../../config/index.ts'
import { isToolError, ToolError } from '../../errors/index.ts'
import { createLimiter } from '../../support/index.ts'

/** How releases are worked through. */
export interface OrderOptions<T> {
  /** Releases at a time; 0: no limit. */
  readonly concurrency: number
  readonly run: (release: HelmRelease) => Promise<T>
}

/**
 * Runs a task for every release, in their order as far as `dependsOn` allows it; after the first failure no other is
 * begun. Gives the results in the order of the releases.
 * @throws CONFIG_VALUE_INVALID for a dependency that is not there, CONFIG_CONFLICT for a circle; what the task throws
 */
export async function inDependencyOrder<T>(
  releases: readonly HelmRelease[],
  { concurrency, run }: OrderOptions<T>,
): Promise<readonly T[]> {
  const ordered = sortReleases(releases)
  const limit = createLimiter(concurrency === 0 ? releases.length + 1 : concurrency)
  const started = new Map<string, Promise<T>>()
  let hasFailed = false
  for (const release of ordered) {
    const before = (release.dependsOn ?? []).flatMap((name) => started.get(name) ?? [])
    const work = async (): Promise<T> => {
      await Promise.all(before)
      return limit(async () => {
        if (hasFailed) throw new ToolError('ABORTED', `release ${release.name} was not begun: another one failed`)
        try {
          return await run(release)
        } catch (error) {
          hasFailed = true
          throw error
        }
      })
    }
    started.set(release.name, work())
  }
  const results = await Promise.allSettled(ordered.map((release) => started.get(release.name) ?? missing(release)))
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []))
  const first = failures.find((error) => !isToolError(error, 'ABORTED')) ?? failures[0]
  if (first !== undefined) throw first
  return Promise.all(releases.map((release) => started.get(release.name) ?? missing(release)))
}

function missing(release: HelmRelease): Promise<never> {
  return Promise.reject(new Error(`release ${release.name} was forgotten`))
}

/** Dependencies first, otherwise as they were. */
function sortReleases(releases: readonly HelmRelease[]): readonly HelmRelease[] {
  const byName = new Map(releases.map((release) => [release.name, release]))
  const sorted: HelmRelease[] = []
  const visit = (release: HelmRelease, path: readonly string[]): void => {
    if (sorted.includes(release)) return
    if (path.includes(release.name)) throw circle([...path, release.name])
    for (const name of release.dependsOn ?? []) {
      const dependency = byName.get(name)
      if (dependency === undefined) throw unknown(release.name, name)
      visit(dependency, [...path, release.name])
    }
    sorted.push(release)
  }
  for (const release of releases) visit(release, [])
  return sorted
}

function circle(names: readonly string[]): ToolError {
  return new ToolError('CONFIG_CONFLICT', `helm releases depend on each other in a circle: ${names.join(' → ')}`, {
    hint: 'remove one of the `dependsOn`',
  })
}

function unknown(release: string, dependency: string): ToolError {
  return new ToolError('CONFIG_VALUE_INVALID', `release ${release} depends on ${dependency}, which is not there`, {
    hint: 'name a release of the same list in `dependsOn`',
  })
}

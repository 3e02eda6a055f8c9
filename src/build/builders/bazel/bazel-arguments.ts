import { posix } from 'node:path'
import type { BazelArtifact } from '../../../config/index.ts'
import { isPlatform, onlyStrict, parsePlatform, type Platform } from '../../../platform/index.ts'

/** The flags that every call about one platform's image needs. */
export function configurationArguments(bazel: BazelArtifact, platform: Platform): readonly string[] {
  const host: Platform = { os: 'linux', architecture: 'amd64' }
  const mapped = bazel.platforms?.find(
    (one) => isPlatform(one.platform, host) && onlyStrict(platform).matches(parsePlatform(one.platform, host)),
  )
  return [...(bazel.args ?? []), ...(mapped === undefined ? [] : [`--platforms=${mapped.target}`])]
}

/** Arguments of the query for the files that a target is made of. */
export function dependencyQuery(target: string): readonly string[] {
  const query = `kind("source file", deps("${target}")) union buildfiles(deps("${target}"))`
  return ['query', query, '--noimplicit_deps', '--order_output=no', '--output=label']
}

/** The files of the workspace among labels: `//a/b:c.go` is `a/b/c.go`; what comes from elsewhere is left out. */
export function filesOfLabels(output: string): readonly string[] {
  const labels = output.split(/\r?\n/).map((line) => line.trim())
  const files = labels.flatMap((label) => {
    const [, folder, file] = /^@?@?\/\/([^:]*):(.+)$/.exec(label) ?? []
    // external labels name a repository, and generated ones the built-in packages
    if (folder === undefined || file === undefined || folder.startsWith('external')) return []
    return [posix.join(folder, file)]
  })
  return [...new Set(files)].sort()
}

import { posix } from 'node:path'
import type { SyncRuleConfig } from '../config/index.ts'
import type { ChangedFiles, SyncPlan } from './contract.ts'
import { compileGlob } from './glob.ts'

/** What rules make of changed files; undefined when one of them matches no rule, so that the image has to be built. */
export function planManual(rules: readonly SyncRuleConfig[], changed: ChangedFiles): SyncPlan | undefined {
  const compiled = rules.map((rule) => ({ ...rule, matches: compileGlob(rule.src) }))
  const placesOf = (path: string): readonly string[] =>
    compiled.filter(({ matches }) => matches(path)).map(({ dest, strip = '' }) => placeOf(path, dest, strip))
  const all = [...changed.written, ...changed.deleted]
  if (all.length === 0 || all.some((path) => placesOf(path).length === 0)) return undefined
  return {
    copies: changed.written.flatMap((source) => placesOf(source).map((destination) => ({ source, destination }))),
    deletions: changed.deleted.flatMap(placesOf),
  }
}

/** The file's path below the destination, less what is stripped. */
function placeOf(path: string, dest: string, strip: string): string {
  const below = path.startsWith(strip) ? path.slice(strip.length) : path
  return posix.join(dest, below)
}

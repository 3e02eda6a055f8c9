import { isMapping, type Mapping, type PlacementRules } from '../resource/index.ts'
import type { Platform } from '../platform/index.ts'

/** Feature flags of Knative that are on; undefined when nobody could be asked. */
export type KnativeFlags = ReadonlySet<string> | undefined

/** Rules for a template of Knative, and what the cluster looks like. */
export interface KnativeQuestion {
  readonly rules: PlacementRules
  /** The template's own pod spec: what is there already is evidently taken. */
  readonly spec: Mapping
  readonly flags: KnativeFlags
  /** Whether a node may get a pod that it cannot run. */
  readonly isNeeded: boolean
  /** Where the pods may run. */
  readonly platforms: readonly Pick<Platform, 'os' | 'architecture'>[]
}

/** Rules that Knative takes, and what to tell the user about those that it may not take. */
export interface KnativeAnswer {
  readonly rules: PlacementRules
  readonly warning?: { readonly text: string; readonly hint: string }
}

/**
 * Knative refuses affinity, node selectors and tolerations in its templates, each unless a feature flag is on. Rules of
 * flags that are on are written; where no flag could be read they are written only when they are needed, as a refusal is
 * better than a crash.
 * @see https://knative.dev/docs/serving/configuration/feature-flags/
 */
export function rulesForKnative(question: KnativeQuestion): KnativeAnswer {
  const { rules, spec, flags, isNeeded } = question
  const wanted = Object.keys(rules).filter((name) => rules[name as keyof PlacementRules] !== undefined)
  const refused = wanted.filter((name) => spec[name] === undefined && flags?.has(flagOf(name)) !== true)
  if (refused.length === 0) return { rules }
  if (flags === undefined) {
    if (!isNeeded) return { rules: without(rules, refused) }
    const text = `Knative takes ${refused.join(' and ')} only with ${refused.map(flagOf).join(' and ')} enabled, which could not be found out`
    return { rules, warning: { text, hint: howToEnable(refused) } }
  }
  const selector = refused.includes('affinity') ? selectorFor(question) : undefined
  const kept = { ...without(rules, refused), ...(selector === undefined ? {} : { nodeSelector: selector }) }
  const lost = selector === undefined ? refused : refused.filter((name) => name !== 'affinity')
  if (lost.length === 0 || !isNeeded) return { rules: kept }
  const text = `Knative does not take ${lost.join(' and ')}, so its pods may start where an image cannot run`
  return { rules: kept, warning: { text, hint: howToEnable(lost) } }
}

/** One platform can be said by a node selector, too. */
function selectorFor({ spec, flags, platforms }: KnativeQuestion): Mapping | undefined {
  const own = isMapping(spec['nodeSelector']) ? spec['nodeSelector'] : {}
  const isTaken = spec['nodeSelector'] !== undefined || flags?.has(flagOf('nodeSelector')) === true
  const [platform, ...others] = platforms
  if (!isTaken || platform === undefined || others.length > 0) return undefined
  return { ...own, 'kubernetes.io/os': platform.os, 'kubernetes.io/arch': platform.architecture }
}

function without(rules: PlacementRules, names: readonly string[]): PlacementRules {
  return Object.fromEntries(Object.entries(rules).filter(([name]) => !names.includes(name)))
}

function flagOf(rule: string): string {
  return `kubernetes.podspec-${rule.toLowerCase()}`
}

function howToEnable(rules: readonly string[]): string {
  const data = Object.fromEntries(rules.map((rule) => [flagOf(rule), 'enabled']))
  return `kubectl patch configmap config-features -n knative-serving --type merge -p '${JSON.stringify({ data })}'`
}

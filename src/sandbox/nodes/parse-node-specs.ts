import { ToolError } from '../../errors/index.ts'
import { normalizePlatform, parsePlatform, type Platform } from '../../platform/index.ts'
import type { Taint } from '../kinds.ts'

/** Some equal nodes of the sandbox. */
export interface NodeSpec {
  readonly count: number
  readonly platform: Platform
  readonly taints: readonly Taint[]
  readonly labels: Readonly<Record<string, string>>
}

/** What `--sandbox` without a value stands for. */
export const defaultNodes = '2xlinux/amd64,1xlinux/arm64'

const maxNodes = 100
const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

/**
 * Parses the nodes of a sandbox: `[COUNTx]OS/ARCHITECTURE[/VARIANT]`, comma-separated, each with any number of
 * `:taint=KEY[=VALUE]:EFFECT` and `:label=KEY=VALUE` behind it.
 * @throws SANDBOX_NODES_INVALID
 * @example parseNodeSpecs('2xlinux/amd64,1xlinux/arm64:taint=kubernetes.io/arch=arm64:NoSchedule')
 */
export function parseNodeSpecs(text: string): readonly NodeSpec[] {
  const specs = text.split(',').map((part) => parseNodeSpec(part.trim()))
  const total = specs.reduce((sum, { count }) => sum + count, 0)
  if (total > maxNodes) throw invalid(text, `${total} nodes are more than ${maxNodes}`)
  return specs
}

function parseNodeSpec(text: string): NodeSpec {
  const [, count = '1', platform = '', options = ''] = /^(?:(\d+)x)?([^:]*)(?::(.*))?$/.exec(text) ?? []
  if (Number(count) < 1) throw invalid(text, 'a number of nodes is at least 1')
  if (!platform.includes('/')) throw invalid(text, `"${platform}" is not a platform like linux/arm64`)
  const parsed = normalizePlatform(parsePlatform(platform, { os: 'linux', architecture: 'amd64' }))
  const words = options === '' ? [] : options.split(/:(?=taint=|label=)/)
  return {
    count: Number(count),
    platform: parsed,
    taints: words.filter((word) => word.startsWith('taint=')).map((word) => parseTaint(text, word.slice(6))),
    labels: Object.fromEntries(
      words.filter((word) => !word.startsWith('taint=')).map((word) => parseLabel(text, word)),
    ),
  }
}

function parseTaint(text: string, word: string): Taint {
  const [, key, value, effect] = /^([^=:]+)(?:=([^:]*))?:(\w+)$/.exec(word) ?? []
  if (key === undefined || effect === undefined) throw invalid(text, `"${word}" is not KEY[=VALUE]:EFFECT`)
  if (!effects.includes(effect)) throw invalid(text, `"${effect}" is not one of ${effects.join(', ')}`)
  return { key, ...(value === undefined || value === '' ? {} : { value }), effect }
}

function parseLabel(text: string, word: string): readonly [string, string] {
  const [, key, value] = /^label=([^=:]+)=([^:]*)$/.exec(word) ?? []
  if (key === undefined || value === undefined) throw invalid(text, `"${word}" is neither taint=… nor label=KEY=VALUE`)
  return [key, value]
}

function invalid(text: string, reason: string): ToolError {
  return new ToolError('SANDBOX_NODES_INVALID', `cannot make sandbox nodes of "${text}": ${reason}`, {
    hint: `write them as ${defaultNodes}`,
  })
}

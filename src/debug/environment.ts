import type { Mapping } from '../resource/index.ts'
import type { DebugImage } from './contract.ts'
import { mappings } from './mappings.ts'
import { imageWords, type Word } from './words.ts'

/** The variables that a container starts with, the image's below those of the manifest. */
export function envOf(container: Mapping, { config }: DebugImage): ReadonlyMap<string, Word | 'unknown'> {
  const env = new Map<string, Word | 'unknown'>()
  for (const line of config.Env ?? []) {
    const at = line.indexOf('=')
    const [value] = imageWords([at === -1 ? '' : line.slice(at + 1)])
    if (value !== undefined) env.set(at === -1 ? line : line.slice(0, at), value)
  }
  for (const { name, value, valueFrom } of mappings(container['env'])) {
    if (typeof name !== 'string') continue
    const text = typeof value === 'string' ? value : ''
    env.set(name, valueFrom === undefined ? { value: text, text } : 'unknown')
  }
  return env
}

/** The container's `env` with these variables set, each at its place. */
export function withEnv(container: Mapping, variables: Readonly<Record<string, string>>): readonly unknown[] {
  const given: readonly unknown[] = Array.isArray(container['env']) ? container['env'] : []
  const entries = Object.entries(variables)
  const names = new Set(mappings(given).map(({ name }) => name))
  const changed = given.map((entry) => {
    const found = entries.find(([name]) => mappings([entry]).some((one) => one['name'] === name))
    return found === undefined ? entry : { name: found[0], value: found[1] }
  })
  return [...changed, ...entries.filter(([name]) => !names.has(name)).map(([name, value]) => ({ name, value }))]
}

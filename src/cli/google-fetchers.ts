import type { LoadOptions } from '../config/index.ts'
import type { Invocation } from './command.ts'

/** Gives the folders of what is required from Google's cloud; each is fetched once in a run, and nothing is loaded before. */
export function googleFetchers(invocation: Invocation): Pick<LoadOptions, 'fetchBuildRepository' | 'fetchStorage'> {
  const known = new Map<string, Promise<string>>()
  const once = async (key: unknown, fetch: () => Promise<string>): Promise<string> => {
    const name = JSON.stringify(key)
    const fetched = known.get(name) ?? fetch()
    known.set(name, fetched)
    return fetched
  }
  return {
    fetchStorage: async (module) =>
      once(module.source, async () => (await import('./fetch-google.ts')).fetchStorage(invocation, module)),
    fetchBuildRepository: async (module) =>
      once(module, async () => (await import('./fetch-google.ts')).fetchBuildRepository(invocation, module)),
  }
}

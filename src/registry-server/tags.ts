import { fault, json, type Answer, type Ask } from './answer.ts'
import type { RegistryStore } from './contract.ts'

/**
 * A repository's tags, in pages when the client wants it.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags
 */
export async function tagsEndpoint(
  { name }: { readonly name: string },
  ask: Ask,
  { tags }: RegistryStore,
): Promise<Answer> {
  const all = await tags.list(name)
  if (all === undefined) return fault(404, 'NAME_UNKNOWN', { message: `there is no repository ${name}` })
  const page = pageOf(all, ask)
  if ('status' in page) return page
  return json({ status: 200, headers: linkTo(`/v2/${name}/tags/list`, page) }, { name, tags: page.entries })
}

/**
 * All repositories, in pages when the client wants it. Not of the OCI specification; docker's registry has it.
 * @see https://distribution.github.io/distribution/spec/api/#listing-repositories
 */
export async function catalogEndpoint(ask: Ask, { tags }: RegistryStore): Promise<Answer> {
  const page = pageOf(await tags.repositories(), ask)
  if ('status' in page) return page
  return json({ status: 200, headers: linkTo('/v2/_catalog', page) }, { repositories: page.entries })
}

interface Page {
  readonly entries: readonly string[]
  /** Set when there is another page. */
  readonly next?: { readonly size: number; readonly last: string }
}

/** The entries after `last`, at most `n`; both are in code unit order. */
function pageOf(all: readonly string[], ask: Ask): Page | Answer {
  const [n, last] = [ask.query.get('n'), ask.query.get('last')]
  if (n !== null && !/^\d+$/.test(n)) {
    return fault(400, 'PAGINATION_NUMBER_INVALID', { message: `n=${n} is not a number of entries` })
  }
  const rest = last === null ? all : all.filter((entry) => entry > last)
  const size = n === null ? rest.length : Number(n)
  const entries = rest.slice(0, size)
  const end = entries.at(-1)
  return { entries, ...(end === undefined || entries.length === rest.length ? {} : { next: { size, last: end } }) }
}

function linkTo(path: string, { next }: Page): Readonly<Record<string, string>> {
  if (next === undefined) return {}
  const query = new URLSearchParams({ n: String(next.size), last: next.last })
  return { link: `<${path}?${query.toString()}>; rel="next"` }
}

import * as v from 'valibot'
import { ToolError } from '../errors/index.ts'
import { readJson, type HttpResponse } from '../http/index.ts'
import { formatRepository } from '../reference/index.ts'
import { scopeOf } from './auth/scope.ts'
import type { Repository } from './contract.ts'
import { answerError, connectionError, type Subject } from './failure.ts'
import type { Host } from './host/host.ts'
import { nextPage } from './link.ts'

const tagsSchema = v.looseObject({ tags: v.nullish(v.array(v.string())) })

const maxPages = 10_000
const maxPageBytes = 16 * 1024 * 1024

/** All tags in the registry's order, pages followed. */
export async function listTags(host: Host, from: Repository, signal?: AbortSignal): Promise<readonly string[]> {
  const tags: string[] = []
  let target: string | URL | undefined = `/v2/${from.repository}/tags/list?n=1000`
  for (let pages = 0; target !== undefined; pages += 1) {
    if (pages >= maxPages) throw new ToolError('REGISTRY_ANSWER_INVALID', `the tags of ${from.repository} have no end`)
    const response: HttpResponse = await host.send({
      method: 'GET',
      target,
      repository: from.repository,
      scopes: [scopeOf(from.repository, 'pull')],
      headers: { accept: 'application/json' },
      ...(signal === undefined ? {} : { signal }),
    })
    if (response.status !== 200) throw await answerError(response, tagsSubject(from))
    tags.push(...(await readTags(response, host)))
    target = nextPage(host, response)
  }
  return [...new Set(tags)]
}

async function readTags(response: HttpResponse, host: Host): Promise<readonly string[]> {
  const document = await readPage(response, host)
  const parsed = v.safeParse(tagsSchema, document)
  if (!parsed.success) throw new ToolError('REGISTRY_ANSWER_INVALID', `${host.registry} sent no list of tags`)
  return parsed.output.tags ?? []
}

async function readPage(response: HttpResponse, host: Host): Promise<unknown> {
  try {
    return await readJson(response, { maxBytes: maxPageBytes })
  } catch (error) {
    throw connectionError(error, host.registry)
  }
}

function tagsSubject(from: Repository): Subject {
  return {
    registry: from.registry,
    what: `tags of ${formatRepository(from)}`,
    missing: 'MANIFEST_UNKNOWN',
    isPush: false,
  }
}

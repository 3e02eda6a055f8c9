import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { ActionContainer } from '../config/index.ts'
import { ToolError } from '../errors/index.ts'
import { isMapping, parseResources, type Mapping, type ResourceObject } from '../resource/index.ts'

/** A container, and the Job that it runs in. */
export interface JobContainer {
  readonly container: ActionContainer
  readonly mode: { readonly jobManifestPath?: string; readonly overrides?: string }
  /** Absolute path of the folder that the manifest's path starts from. */
  readonly folder: string
}

/** Whose Job it is. */
export interface JobOwner {
  readonly runId: string
  readonly namespace: string
}

/**
 * The Job for a container: the manifest's when there is one, in which the container takes the place of that of its name, else
 * of all; overrides are laid over it.
 * @throws RESOURCE_INVALID, CONFIG_VALUE_INVALID
 */
export async function makeJob({ container, mode, folder }: JobContainer, owner: JobOwner): Promise<ResourceObject> {
  const base = mode.jobManifestPath === undefined ? {} : await readJob(resolve(folder, mode.jobManifestPath))
  const own = jobOf(container, owner)
  const filled = mergeObjects(withoutOthers(base, container.name), own)
  const overrides = mode.overrides === undefined ? {} : parseOverrides(mode.overrides)
  return mergeObjects(filled, overrides) as unknown as ResourceObject
}

function jobOf(container: ActionContainer, { runId, namespace }: JobOwner): Mapping {
  const labels = { 'skaffold.dev/run-id': runId }
  const name = `${container.name.slice(0, 50)}-${randomBytes(4).toString('hex')}`
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace, labels },
    spec: {
      backoffLimit: 0,
      template: {
        metadata: { labels },
        spec: { restartPolicy: 'Never', containers: [containerObject(container)] },
      },
    },
  }
}

function containerObject({ name, image, command, args, env }: ActionContainer): Mapping {
  const variables = Object.entries(env).map(([key, value]) => ({ name: key, value }))
  return {
    name,
    image,
    ...(command === undefined ? {} : { command: [...command] }),
    ...(args === undefined ? {} : { args: [...args] }),
    ...(variables.length === 0 ? {} : { env: variables }),
  }
}

/** Containers that a manifest has under other names run beside ours only when ours is one of them. */
function withoutOthers(base: Mapping, name: string): Mapping {
  const containers = listAt(base, ['spec', 'template', 'spec', 'containers'])
  const isThere = containers.some((one) => isMapping(one) && one['name'] === name)
  if (containers.length === 0 || isThere) return base
  return mergeObjects(base, { spec: { template: { spec: { containers: null } } } })
}

async function readJob(path: string): Promise<Mapping> {
  const resources = parseResources(await readFile(path, 'utf8'), path)
  const job = resources.map(({ object }) => object).find(({ kind }) => kind === 'Job')
  if (job !== undefined) return job
  throw new ToolError('RESOURCE_INVALID', `${path} has no Job`, { where: path, hint: 'name a manifest with a Job' })
}

function parseOverrides(text: string): Mapping {
  try {
    const value: unknown = JSON.parse(text)
    if (isMapping(value)) return value
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new ToolError('CONFIG_VALUE_INVALID', `executionMode.kubernetesCluster.overrides is no JSON object: ${text}`, {
    hint: 'write an object like {"spec": {"template": …}}',
  })
}

/** Mappings are merged member by member, lists whose items have names by these; anything else is replaced. */
function mergeObjects(below: Mapping, above: Mapping): Mapping {
  const merged: Record<string, unknown> = { ...below }
  for (const [key, value] of Object.entries(above)) merged[key] = mergeValues(merged[key], value)
  return merged
}

function mergeValues(below: unknown, above: unknown): unknown {
  if (isMapping(below) && isMapping(above)) return mergeObjects(below, above)
  if (!Array.isArray(below) || !Array.isArray(above) || !above.every(isNamed) || !below.every(isNamed)) return above
  const kept = below.map((item) => {
    const own = above.find((other) => other['name'] === item['name'])
    return own === undefined ? item : mergeObjects(item, own)
  })
  return [...kept, ...above.filter((item) => !below.some((other) => other['name'] === item['name']))]
}

function isNamed(value: unknown): value is Mapping {
  return isMapping(value) && typeof value['name'] === 'string'
}

function listAt(object: Mapping, path: readonly string[]): readonly unknown[] {
  const found = path.reduce<unknown>((value, key) => (isMapping(value) ? value[key] : undefined), object)
  return Array.isArray(found) ? found : []
}

import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { isToolError } from '../../errors/index.ts'
import {
  isMapping,
  locateInResource,
  parseResources,
  podTemplates,
  valueAt,
  type Resource,
} from '../../resource/index.ts'
import { expandGlobs } from '../../workspace/index.ts'
import { isUrl } from '../../config/index.ts'
import type { FoundInFile } from './contract.ts'

const managedBy = 'app.kubernetes.io/managed-by'

/** The resources of raw manifests; files that are wrong are for rendering to tell. */
export async function readManifests(
  folder: string,
  { patterns, cwd }: { readonly patterns: readonly string[]; readonly cwd: string },
): Promise<readonly Resource[]> {
  const local = patterns.filter((pattern) => !isUrl(pattern))
  const files = await expandGlobs(folder, local, { whenNone: 'nothing' })
  const read = await Promise.all(files.map(async (file) => parseOrNothing(file, relative(cwd, file))))
  return read.flat()
}

async function parseOrNothing(path: string, file: string): Promise<readonly Resource[]> {
  try {
    return parseResources(await readFile(path, 'utf8'), file)
  } catch (error) {
    if (isToolError(error)) return []
    throw error
  }
}

/** A label that is taken for that of the tool which manages a resource. */
export function lintLabels(resources: readonly Resource[]): readonly FoundInFile[] {
  return resources.flatMap((resource) => {
    const labels = valueAt(resource.object, ['metadata', 'labels'])
    if (!isMapping(labels) || !(managedBy in labels)) return []
    const place = /^(.*):(\d+):(\d+)$/.exec(locateInResource(resource, ['metadata', 'labels', managedBy]))
    const [, file = '', line = '1', column = '1'] = place ?? []
    const explanation = `Found usage of label '${managedBy}'. Skaffold overwrites it with '${managedBy}: skaffold', and as such it is recommended to remove this label`
    return [{ rule: 'ID000006', explanation, file, line: Number(line), column: Number(column) }]
  })
}

const firstLocalPort = 32_581

/** `portForward` for every port of the pods and Deployments; undefined without any. */
export function suggestPorts(resources: readonly Resource[]): string | undefined {
  const ports = resources.flatMap((resource) => {
    const { kind, metadata } = resource.object
    if (kind !== 'Pod' && kind !== 'Deployment') return []
    return containerPorts(resource).map((port) => ({ kind: kind.toLowerCase(), name: metadata.name ?? '', port }))
  })
  if (ports.length === 0) return undefined
  const entries = ports.map(
    ({ kind, name, port }, index) =>
      `\n- resourceType: ${kind}\n  resourceName: ${name}\n  port: ${port}\n  localPort: ${firstLocalPort + index}`,
  )
  return `portForward:${entries.join('')}`
}

function containerPorts(resource: Resource): readonly number[] {
  return podTemplates(resource).flatMap(({ spec }) => {
    return listOf(spec['containers']).flatMap((container) =>
      listOf(isMapping(container) ? container['ports'] : undefined).flatMap((port) => {
        const number = isMapping(port) ? port['containerPort'] : undefined
        return typeof number === 'number' ? [number] : []
      }),
    )
  })
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : []
}

import { readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { load } from 'js-yaml'
import { isMapping, type Mapping } from '../../resource/index.ts'

/** Names that kustomize looks for. */
const fileNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']

/**
 * Absolute paths of the local files that a kustomization is made of, those of its bases and components included. What is
 * not there, or is somewhere else, is left to kustomize.
 */
export function kustomizationFiles(folder: string): readonly string[] {
  const files = new Set<string>()
  collect(folder, files)
  return [...files]
}

function collect(folder: string, files: Set<string>): void {
  const file = fileNames.map((name) => join(folder, name)).find((path) => kindOf(path) === 'file')
  if (file === undefined || files.has(file)) return
  files.add(file)
  const content = read(file)
  for (const entry of [...entriesOf(content), ...generatorFiles(content)]) {
    const path = resolve(folder, entry)
    if (kindOf(path) === 'file') files.add(path)
    if (kindOf(path) === 'folder') collect(path, files)
  }
}

const lists = [
  'bases',
  'components',
  'configurations',
  'crds',
  'generators',
  'patchesStrategicMerge',
  'resources',
  'transformers',
  'validators',
]
const withPaths = ['patches', 'patchesJson6902', 'replacements']

function entriesOf(content: Mapping): readonly string[] {
  const openapi = content['openapi']
  return [
    ...lists.flatMap((key) => texts(content[key])),
    ...withPaths.flatMap((key) => items(content[key]).flatMap((item) => text(item['path']))),
    ...(isMapping(openapi) ? text(openapi['path']) : []),
  ]
}

/** `files` of a generator are paths, or `key=path`. */
function generatorFiles(content: Mapping): readonly string[] {
  return ['configMapGenerator', 'secretGenerator'].flatMap((key) =>
    items(content[key]).flatMap((item) => [
      ...texts(item['files']).map((file) => file.slice(file.indexOf('=') + 1)),
      ...texts(item['envs']),
      ...text(item['env']),
    ]),
  )
}

function read(file: string): Mapping {
  try {
    const content = load(readFileSync(file, 'utf8'))
    return isMapping(content) ? content : {}
  } catch {
    return {}
  }
}

function kindOf(path: string): 'file' | 'folder' | undefined {
  try {
    return statSync(path).isDirectory() ? 'folder' : 'file'
  } catch {
    return undefined
  }
}

function items(value: unknown): readonly Mapping[] {
  return Array.isArray(value) ? value.filter(isMapping) : []
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
}

function text(value: unknown): readonly string[] {
  return typeof value === 'string' && value !== '' ? [value] : []
}

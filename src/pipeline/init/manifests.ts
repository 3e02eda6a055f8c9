import { readFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { findVersion } from '../../config/index.ts'
import { isToolError } from '../../errors/index.ts'
import { imageFields, parseResources } from '../../resource/index.ts'

/** What is there to deploy. */
export interface FoundManifests {
  /** Files with Kubernetes resources that nothing else takes in. */
  readonly rawYaml: readonly string[]
  /** Folders of kustomizations that no other refers to. */
  readonly kustomizations: readonly string[]
  /** Folders of charts. */
  readonly charts: readonly string[]
  /** Compose files. */
  readonly compose: readonly string[]
  /** Existing configurations. */
  readonly configs: readonly string[]
  /** Image names of the manifests without tags, in their order. */
  readonly images: readonly string[]
}

/** Sorts YAML files by what they are. */
export async function findManifests(folder: string, files: readonly string[]): Promise<FoundManifests> {
  const charts = files.filter((file) => posix.basename(file) === 'Chart.yaml').map((file) => posix.dirname(file))
  const isInChart = (file: string): boolean => charts.some((chart) => chart === '.' || file.startsWith(`${chart}/`))
  const yaml = files.filter((file) => /\.(?:ya?ml|json)$/.test(file) && !isInChart(file))
  const read = await Promise.all(yaml.map(async (file) => ({ file, text: await readFile(join(folder, file), 'utf8') })))
  const found = read.map(({ file, text }) => ({ file, ...classify(file, text) }))
  const of = (kind: Kind): readonly string[] => found.filter((one) => one.kind === kind).map(({ file }) => file)
  const kustomized = found.filter(({ kind }) => kind === 'kustomization')
  const resources = found.filter(({ kind }) => kind === 'resources')
  const referred = new Set(
    kustomized.flatMap(({ file, refers }) => refers.map((path) => posix.join(posix.dirname(file), path))),
  )
  return {
    rawYaml: resources.filter(({ file }) => !referred.has(file)).map(({ file }) => file),
    kustomizations: kustomized.map(({ file }) => posix.dirname(file)).filter((place) => !referred.has(place)),
    charts: charts.filter((chart) => !charts.some((other) => chart.startsWith(`${other}/charts/`))),
    compose: of('compose'),
    configs: of('config'),
    images: [...new Set(resources.flatMap(({ images }) => images))],
  }
}

type Kind = 'compose' | 'config' | 'kustomization' | 'other' | 'resources'

interface Classified {
  readonly kind: Kind
  readonly images: readonly string[]
  /** Paths that a kustomization names. */
  readonly refers: readonly string[]
}

const nothing = { images: [], refers: [] }

function classify(file: string, text: string): Classified {
  const name = posix.basename(file)
  if (/^kustomization\.ya?ml$/.test(name)) return { kind: 'kustomization', images: [], refers: referredIn(text) }
  if (/^(?:docker-)?compose(?:\..*)?\.ya?ml$/.test(name)) return { kind: 'compose', ...nothing }
  if (findVersion(text, file) !== undefined) return { kind: 'config', ...nothing }
  if (!/^\s*"?apiVersion"?\s*:/m.test(text) || !/^\s*"?kind"?\s*:/m.test(text)) return { kind: 'other', ...nothing }
  try {
    const resources = parseResources(text, file)
    if (resources.length === 0) return { kind: 'other', ...nothing }
    const images = resources.flatMap((resource) => imageFields(resource).map(({ value }) => bareName(value)))
    return { kind: 'resources', images: images.flatMap((image) => image ?? []), refers: [] }
  } catch (error) {
    if (isToolError(error)) return { kind: 'other', ...nothing }
    throw error
  }
}

/** Every list item that looks like a path: bases, resources, components and patches alike. */
function referredIn(text: string): readonly string[] {
  return [...text.matchAll(/^\s*-\s+(?:path:\s*)?["']?([\w./-]+)["']?\s*$/gm)].map(([, path = '']) =>
    path.replace(/\/$/, ''),
  )
}

/** The name without its tag; undefined for one that is pinned by a digest or is a template. */
function bareName(image: string): string | undefined {
  if (image.includes('@') || /[{}$\s]/.test(image)) return undefined
  return image.replace(/:[^:/]*$/, '')
}

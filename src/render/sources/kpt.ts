import type { KptFunction } from '../../config/index.ts'
import { ToolError } from '../../errors/index.ts'
import { parseResources, printResources, type Resource } from '../../resource/index.ts'
import { runTool, type SourceOutside } from './outside.ts'

/** Renders kpt packages, one after the other. @throws KPT_FAILED, PROGRAM_MISSING */
export async function renderKpt(outside: SourceOutside, packages: readonly string[]): Promise<readonly Resource[]> {
  const rendered: (readonly Resource[])[] = []
  for (const path of packages) {
    const text = await runKpt(outside, `kpt fn render ${path}`, { args: ['fn', 'render', path, '-o', 'unwrap'] })
    rendered.push(parseResources(text, `kpt package ${path}`))
  }
  return rendered.flat()
}

/**
 * Lets kpt functions change manifests.
 * @throws CONFIG_VALUE_INVALID for a function that Skaffold does not know; KPT_FAILED, PROGRAM_MISSING
 */
export async function transformResources(
  outside: SourceOutside,
  resources: readonly Resource[],
  functions: readonly KptFunction[],
): Promise<readonly Resource[]> {
  let changed = resources
  for (const one of functions) {
    const text = await evaluate(outside, changed, { ...one, images: transformers, what: 'transform' })
    changed = parseResources(text, `transform ${one.name}`)
  }
  return changed
}

/** Lets kpt functions check manifests. Throws as {@link transformResources} does. */
export async function validateResources(
  outside: SourceOutside,
  resources: readonly Resource[],
  functions: readonly KptFunction[],
): Promise<void> {
  for (const one of functions) await evaluate(outside, resources, { ...one, images: validators, what: 'validate' })
}

/** Skaffold's names for functions of the catalog. */
const transformers: Readonly<Record<string, string>> = {
  'apply-setters': 'gcr.io/kpt-fn/apply-setters:unstable',
  'create-setters': 'gcr.io/kpt-fn/create-setters:unstable',
  'ensure-name-substring': 'gcr.io/kpt-fn/ensure-name-substring:v0.2.0',
  'search-replace': 'gcr.io/kpt-fn/search-replace:v0.2.0',
  'set-annotations': 'gcr.io/kpt-fn/set-annotations:v0.1',
  'set-enforcement-action': 'gcr.io/kpt-fn/set-enforcement-action:v0.1.0',
  'set-labels': 'gcr.io/kpt-fn/set-labels:v0.1',
  'set-namespace': 'gcr.io/kpt-fn/set-namespace',
}
const validators: Readonly<Record<string, string>> = {
  gatekeeper: 'gcr.io/kpt-fn/gatekeeper:v0.2.1',
  kubeval: 'gcr.io/kpt-fn/kubeval:v0.1',
}

interface Evaluation extends KptFunction {
  readonly images: Readonly<Record<string, string>>
  readonly what: 'transform' | 'validate'
}

async function evaluate(
  outside: SourceOutside,
  resources: readonly Resource[],
  { name, configMap = [], images, what }: Evaluation,
): Promise<string> {
  const image = Object.hasOwn(images, name) ? images[name] : undefined
  if (image === undefined) {
    throw new ToolError(
      'CONFIG_VALUE_INVALID',
      `unsupported ${what === 'transform' ? 'transformer' : 'validator'} "${name}"`,
      {
        hint: `\`manifests.${what}\` knows ${Object.keys(images).join(', ')}`,
      },
    )
  }
  const values = configMap.map((pair) => pairOf(pair, name))
  return runKpt(outside, `kpt function ${name}`, {
    args: ['fn', 'eval', '-i', image, '-o', 'unwrap', '-', '--', ...values],
    input: printResources(resources),
  })
}

function pairOf(pair: string, name: string): string {
  const colon = pair.indexOf(':')
  if (colon !== -1) return `${pair.slice(0, colon)}=${pair.slice(colon + 1)}`
  throw new ToolError('CONFIG_VALUE_INVALID', `unknown arguments for transformer ${name}: "${pair}"`, {
    hint: 'write the items of `configMap` as KEY:VALUE',
  })
}

async function runKpt(
  outside: SourceOutside,
  task: string,
  { args, input }: { readonly args: readonly string[]; readonly input?: string },
): Promise<string> {
  return runTool(outside, {
    command: 'kpt',
    args,
    task,
    code: 'KPT_FAILED',
    hint: 'run kpt by itself to see more; its functions need docker',
    ...(input === undefined ? {} : { input }),
  })
}

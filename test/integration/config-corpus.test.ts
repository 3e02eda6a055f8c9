import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { parseConfig, type ArtifactBuilder, type SkaffoldConfig } from '../../src/config/index.ts'
import { rootShape } from '../../src/config/fields/root.ts'
import { isBlank, type Node } from '../../src/config/node.ts'
import { applyProfiles } from '../../src/config/profiles.ts'
import { readDocuments } from '../../src/config/read-documents.ts'
import { isToolError } from '../../src/errors/index.ts'

/** Skaffold's public examples with what Skaffold itself made of them, beside the project. */
const corpus = join(import.meta.dirname, '../../../shared/corpus/skaffold')
const isHere = existsSync(corpus)
if (!isHere) process.stderr.write('config-corpus: did not run, the recorded examples are not here\n')

interface Run {
  readonly kind: string
  readonly config: string
  readonly cwd: string
  readonly profile?: string
  readonly module?: string
  readonly exit: number
  readonly expected?: string
  readonly argv: readonly string[]
}

interface Example {
  readonly name: string
  readonly env: Readonly<Record<string, string>>
  readonly runs: readonly Run[]
}

const examples = isHere ? readExamples() : []

test('the recorded examples are here where all tools are required', () => {
  expect(isHere || process.env['CATAMARAN_REQUIRE_TOOLS'] !== '1').toBe(true)
})

test.skipIf(!isHere)('every example is read, or refused by the name of a field', () => {
  const outcomes = runsOf('diagnose').map(({ example, run }) => ({
    name: `${example.name} ${run.config} ${run.profile ?? ''}`,
    exit: run.exit,
    code: outcome(example, run),
  }))
  expect(outcomes.length).toBeGreaterThan(40)
  expect(
    outcomes.filter(({ exit, code }) => exit === 0 && code !== 'read' && code !== 'CONFIG_UNSUPPORTED_FIELD'),
  ).toEqual([])
  expect(outcomes.filter(({ exit, code }) => exit !== 0 && code !== 'CONFIG_UNKNOWN_FIELD')).toEqual([])
  expect(outcomes.filter(({ code }) => code === 'read').length).toBeGreaterThanOrEqual(15)
})

test.skipIf(!isHere)('what is read means what it means to Skaffold', () => {
  let compared = 0
  for (const { example, run } of runsOf('diagnose').filter(({ run }) => run.exit === 0)) {
    if (outcome(example, run) !== 'read') continue
    const ours = parse(example, run).map((config) => summarize(config, example, run))
    expect({ name: example.name, ours }).toEqual({
      name: example.name,
      ours: diagnosed(example, run).map(summarizeDiagnosed),
    })
    compared += 1
  }
  expect(compared).toBeGreaterThanOrEqual(15)
})

test.skipIf(!isHere)('profiles are laid over as Skaffold does it, also where they hold what is not supported', () => {
  let compared = 0
  for (const { example, run } of runsOf('diagnose').filter(({ run }) => run.exit === 0 && run.profile !== undefined)) {
    const file = run.config
    const source = { file, text: readFileSync(join(corpus, example.name, 'input', file), 'utf8') }
    const choice = { profiles: [run.profile ?? ''], env: {}, autoActivation: true, command: 'diagnose' }
    const effective = readDocuments(source).map((root) => applyProfiles(source, root, { choice, root: rootShape }))
    const expected = diagnosed(example, run)
    expect(effective).toHaveLength(expected.length)
    const missing = effective.flatMap((node, index) => notIn(node, expected[index], example.name))
    expect(missing).toEqual([])
    compared += 1
  }
  expect(compared).toBeGreaterThanOrEqual(15)
})

test.skipIf(!isHere)('images are those that Skaffold builds', () => {
  let compared = 0
  for (const { example, run } of runsOf('tags').filter(
    ({ run }) => run.exit === 0 && run.argv.includes('gcr.io/k8s-skaffold'),
  )) {
    if (outcome(example, run) !== 'read') continue
    const built = JSON.parse(readExpected(example, run)) as { builds: { imageName: string }[] | null }
    const images = parse(example, run).flatMap(({ build }) => build.artifacts.map(({ image }) => image))
    expect(images).toEqual((built.builds ?? []).map(({ imageName }) => imageName))
    compared += 1
  }
  expect(compared).toBeGreaterThanOrEqual(15)
})

function readExamples(): readonly Example[] {
  const folders = readdirSync(corpus, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return folders.map(({ name }) => {
    const example = JSON.parse(readFileSync(join(corpus, name, 'case.json'), 'utf8')) as Partial<Example>
    return { name, env: example.env ?? {}, runs: example.runs ?? [] }
  })
}

/** Runs of a kind, those of single modules aside: modules are not read yet. */
function runsOf(kind: string): readonly { readonly example: Example; readonly run: Run }[] {
  return examples.flatMap((example) =>
    example.runs
      .filter((run) => run.kind === kind && run.module === undefined && !run.argv.includes('--enable-templating'))
      .map((run) => ({ example, run })),
  )
}

function parse(example: Example, run: Run): readonly SkaffoldConfig[] {
  const file = run.config
  const text = readFileSync(join(corpus, example.name, 'input', file), 'utf8')
  const profiles = run.profile === undefined ? [] : [run.profile]
  return parseConfig(text, {
    file,
    env: example.env,
    profiles,
    command: run.kind === 'diagnose' ? 'diagnose' : 'build',
  })
}

function outcome(example: Example, run: Run): string {
  try {
    parse(example, run)
    return 'read'
  } catch (error) {
    return isToolError(error) ? error.code : String(error)
  }
}

function readExpected(example: Example, run: Run): string {
  return readFileSync(join(corpus, example.name, 'expected', run.expected ?? ''), 'utf8')
}

type Diagnosed = Readonly<Record<string, never>>

function diagnosed(example: Example, run: Run): readonly Diagnosed[] {
  return parseAllDocuments(readExpected(example, run)).map((document) => document.toJS() as Diagnosed)
}

interface Summary {
  readonly artifacts: unknown
  readonly tagPolicy: string
  readonly kubeContext: string | undefined
  readonly statusCheck: boolean | undefined
  readonly logs: string | undefined
  readonly rawYaml: readonly string[] | undefined
}

/** As `diagnose` prints it: it makes paths absolute, and leaves templates and the default manifests out. */
function summarize(config: SkaffoldConfig, example: Example, run: Run): Summary {
  const artifacts = config.build.artifacts.map(({ image, context, platforms, builder }) => ({
    image,
    context: absolute(context, run),
    platforms,
    ...summarizeBuilder(builder),
  }))
  const text = readFileSync(join(corpus, example.name, 'input', run.config), 'utf8')
  return {
    artifacts,
    tagPolicy: config.build.tagPolicy.kind,
    kubeContext: config.deploy.kubeContext,
    statusCheck: config.deploy.statusCheck,
    logs: config.deploy.logs?.prefix,
    rawYaml: text.includes('rawYaml') ? config.manifests.rawYaml.map((path) => absolute(path, run)) : undefined,
  }
}

function summarizeBuilder(builder: ArtifactBuilder): object {
  if (builder.kind === 'custom') return { buildCommand: builder.buildCommand, paths: builder.dependencies.paths }
  if (builder.kind !== 'docker') return { kind: builder.kind }
  const { dockerfile, target, noCache, buildArgs } = builder
  return { dockerfile, target, noCache, buildArgs: Object.keys(buildArgs) }
}

function absolute(path: string, run: Run): string {
  return join('$ROOT', run.config, '..', path)
}

interface DiagnosedArtifact {
  readonly image: string
  readonly context: string
  readonly platforms?: readonly string[]
  readonly docker?: {
    readonly dockerfile: string
    readonly target?: string
    readonly noCache?: boolean
    readonly buildArgs?: object
  }
  readonly custom?: { readonly buildCommand: string; readonly dependencies: { readonly paths?: readonly string[] } }
}

interface DiagnosedConfig {
  readonly build?: {
    readonly artifacts?: readonly DiagnosedArtifact[]
    readonly tagPolicy: object
  }
  readonly manifests?: { readonly rawYaml?: readonly string[] }
  readonly deploy: {
    readonly kubeContext?: string
    readonly statusCheck?: boolean
    readonly logs: { readonly prefix: string }
  }
}

function summarizeDiagnosed(document: Diagnosed): Summary {
  const { build, deploy, manifests } = document as unknown as DiagnosedConfig
  const artifacts = (build?.artifacts ?? []).map((artifact) => {
    const { image, context, platforms } = artifact
    return { image, context, platforms, ...summarizeDiagnosedBuilder(artifact) }
  })
  return {
    artifacts,
    tagPolicy: Object.keys(build?.tagPolicy ?? {}).join(),
    kubeContext: deploy.kubeContext,
    statusCheck: deploy.statusCheck,
    logs: deploy.logs.prefix,
    rawYaml: manifests?.rawYaml,
  }
}

function summarizeDiagnosedBuilder(artifact: DiagnosedArtifact): object {
  const { docker, custom } = artifact
  if (custom !== undefined) return { buildCommand: custom.buildCommand, paths: custom.dependencies.paths }
  const kind = ['bazel', 'buildpacks', 'jib', 'kaniko', 'ko'].find((name) => name in artifact)
  if (kind !== undefined) return { kind }
  const { dockerfile, target, noCache, buildArgs = {} } = docker ?? {}
  return { dockerfile, target, noCache, buildArgs: Object.keys(buildArgs) }
}

/** The places of a configuration whose value Skaffold's has not, paths compared by their end. */
function notIn(node: Node, expected: unknown, path: string): readonly string[] {
  if (isBlank(node)) return []
  if (node.kind === 'list') {
    if (!Array.isArray(expected) || expected.length !== node.items.length) return [path]
    return node.items.flatMap((item, index) => notIn(item, expected[index], `${path}[${index}]`))
  }
  if (node.kind === 'map') {
    if (typeof expected !== 'object' || expected === null) return [path]
    const found = new Map<string, unknown>(Object.entries(expected))
    return node.entries
      .filter(({ key, value }) => !isEmptyDefault(key, value))
      .flatMap(({ key, value }) => notIn(value, found.get(key), `${path}.${key}`))
  }
  const wanted =
    typeof expected === 'string' && expected.startsWith('$ROOT') ? relative('$ROOT', expected) : String(expected)
  return [node.text, relative('.', node.text), node.text.replace(/^\.\//, '')].includes(wanted) ? [] : [path]
}

/** Skaffold leaves out what is its type's empty value. */
function isEmptyDefault(key: string, node: Node): boolean {
  return key.startsWith('.') || (node.kind === 'scalar' && ['', '0', 'false'].includes(node.text))
}

import { readFile } from 'node:fs/promises'
import { basename, join, posix } from 'node:path'
import { ToolError } from '../errors/index.ts'
import type { Emit } from '../events/index.ts'
import { findFiles } from '../workspace/index.ts'
import { findBuilders, type InitBuilder } from './init/builders.ts'
import { parseCliArtifact, splitCliArtifacts } from './init/cli-artifacts.ts'
import { readCompose, type ComposeProject } from './init/compose.ts'
import { deploymentManifest, objectName } from './init/deployment.ts'
import { makeConfig } from './init/make-config.ts'
import { findManifests, type FoundManifests } from './init/manifests.ts'
import { completePairs, pairByName, type CompleteOptions, type Pair, type Pairing } from './init/pair.ts'

/** What `init` is asked for, and whom it may ask. */
export interface InitOptions extends CompleteOptions {
  /** `-a`: pairs that are known. */
  readonly artifacts: readonly string[]
  /** `-k`: the manifests, instead of those that are found. */
  readonly manifests: readonly string[]
  readonly composeFile?: string
  /** The kustomization that counts without a profile. */
  readonly defaultKustomization?: string
  readonly generateManifests: boolean
  readonly skipBuild: boolean
  /** The platforms of the cluster's nodes; asked last. */
  readonly platforms: () => Promise<readonly string[]>
}

/** Where it works. */
export interface InitContext {
  /** Absolute path of the folder. */
  readonly folder: string
  readonly emit: Emit
  readonly signal: AbortSignal
}

/** What would be written. */
export interface InitResult {
  /** Text of the configuration. */
  readonly config: string
  /** Manifests that were made, by their path in the folder. */
  readonly generated: ReadonlyMap<string, string>
  readonly pairs: readonly Pair[]
}

/** What `--analyze` prints: Skaffold's members. */
export interface Analysis {
  readonly builders?: readonly { readonly name: string; readonly payload: object }[]
  readonly images?: readonly { readonly name: string; readonly foundMatch: boolean }[]
}

/**
 * Looks what can be built and deployed in a folder, and makes a configuration of it.
 * @throws INIT_NOTHING_FOUND, INIT_AMBIGUOUS; USAGE for artifacts that are none
 */
export async function initProject(context: InitContext, options: InitOptions): Promise<InitResult> {
  const found = await explore(context, options)
  const pairs = options.skipBuild ? [] : await pairAll(found, options)
  const made = generate(found, pairs, options)
  const rawYaml = [...found.manifests.rawYaml, ...made.keys()]
  const { kustomizations, charts } = found.manifests
  if (rawYaml.length + kustomizations.length + charts.length === 0) throw nothingToDeploy(found)
  if (pairs.length === 0 && !options.skipBuild && found.builders.length === 0) throw nothingToBuild()
  const chosen = chosenKustomization(kustomizations, options)
  const config = makeConfig({
    ...(chosen === undefined ? {} : { defaultKustomization: chosen }),
    name: basename(context.folder),
    pairs,
    manifests: { rawYaml, kustomizations, charts },
    platforms: pairs.length === 0 ? [] : await options.platforms(),
  })
  return { config, generated: made, pairs }
}

function chosenKustomization(found: readonly string[], { defaultKustomization }: InitOptions): string | undefined {
  if (defaultKustomization === undefined) return undefined
  const path = posix.normalize(defaultKustomization).replace(/(?<=.)\/$/, '')
  if (found.includes(path)) return path
  throw new ToolError('USAGE', `there is no kustomization at ${defaultKustomization}`, {
    hint: found.length === 0 ? 'leave out --default-kustomization' : `name one of ${found.join(', ')}`,
  })
}

/**
 * Looks what can be built and deployed in a folder, for tools.
 * @throws INIT_NOTHING_FOUND without anything to build
 */
export async function analyzeProject(context: InitContext, options: InitOptions): Promise<Analysis> {
  const found = await explore(context, options)
  if (!options.skipBuild && found.builders.length + found.known.length === 0) throw nothingToBuild()
  const { pairs, builders, images } = options.skipBuild
    ? { pairs: [], builders: [], images: found.manifests.images }
    : found.pairing
  const all = [...pairs.map(({ builder }) => builder), ...builders]
  const named = [
    ...pairs.map(({ image }) => ({ name: image, foundMatch: true })),
    ...images.map((name) => ({ name, foundMatch: false })),
  ]
  return {
    ...(all.length === 0 ? {} : { builders: all.map(describe) }),
    ...(named.length === 0 ? {} : { images: named }),
  }
}

function describe({ kind, path, image, project }: InitBuilder): { readonly name: string; readonly payload: object } {
  return {
    name: kind,
    payload: { ...(image === undefined ? {} : { image }), path, ...(project === undefined ? {} : { project }) },
  }
}

interface Explored {
  readonly builders: readonly InitBuilder[]
  readonly manifests: FoundManifests
  /** Given by `-a` or the compose file. */
  readonly known: readonly Pair[]
  readonly pairing: Pairing
  readonly compose: ComposeProject | undefined
}

async function explore({ folder, emit, signal }: InitContext, options: InitOptions): Promise<Explored> {
  const files = await findFiles(folder, { signal })
  const builders = options.skipBuild ? [] : await findBuilders(folder, files)
  const manifests = await findManifests(folder, options.manifests.length === 0 ? files : options.manifests)
  const { composeFile } = options
  const compose =
    composeFile === undefined
      ? undefined
      : readCompose(await readFile(join(folder, composeFile), 'utf8'), composeFile, (text) =>
          emit({ type: 'warning', text }),
        )
  const known = [...splitCliArtifacts(options.artifacts).map(parseCliArtifact), ...(compose?.pairs ?? [])]
  const isKnown = (path: string): boolean => known.some(({ builder }) => posix.normalize(builder.path) === path)
  const pairing = pairByName(
    builders.filter(({ path }) => !isKnown(path)),
    manifests.images.filter((image) => !known.some((pair) => pair.image === image)),
  )
  return { builders, manifests, known, compose, pairing: { ...pairing, pairs: [...known, ...pairing.pairs] } }
}

/** With `-a`, or a compose file, only what was said is built. */
async function pairAll({ known, pairing }: Explored, options: InitOptions): Promise<readonly Pair[]> {
  return known.length > 0 ? pairing.pairs : completePairs(pairing, options)
}

function generate(found: Explored, pairs: readonly Pair[], options: InitOptions): ReadonlyMap<string, string> {
  const made = new Map<string, string>()
  for (const deployment of found.compose?.deployments ?? []) {
    made.set(`${deployment.name}-deployment.yaml`, deploymentManifest(deployment))
  }
  if (!options.generateManifests) return made
  const isDeployed = (image: string): boolean =>
    found.manifests.images.includes(image) || found.compose?.deployments.some((one) => one.image === image) === true
  for (const { builder, image } of pairs.filter((pair) => !isDeployed(pair.image))) {
    const path = posix.join(posix.dirname(builder.path), 'deployment.yaml')
    const text = deploymentManifest({ name: objectName(image), image, ports: builder.ports ?? [] })
    made.set(path, made.has(path) ? `${made.get(path) ?? ''}---\n${text}` : text)
  }
  return made
}

function nothingToBuild(): ToolError {
  return new ToolError(
    'INIT_NOTHING_FOUND',
    'one or more valid builder configuration (Dockerfile or Jib configuration) must be present to build images; please provide at least one build config and try again, or run `catamaran init --skip-build`',
    { hint: 'add a Dockerfile, or pass --skip-build' },
  )
}

function nothingToDeploy({ manifests }: Explored): ToolError {
  const [compose] = manifests.compose
  return new ToolError('INIT_NOTHING_FOUND', 'one or more valid Kubernetes manifests are required to run', {
    hint:
      compose === undefined
        ? 'pass --generate-manifests to have them made'
        : `pass --compose-file=${compose} to have them made from it`,
  })
}

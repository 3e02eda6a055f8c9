import type { CustomArtifact } from '../../../config/index.ts'
import { ToolError } from '../../../errors/index.ts'
import type { BaseInspector } from '../../../inspect/index.ts'
import { formatPlatform } from '../../../platform/index.ts'
import { formatFamiliar, type Reference } from '../../../reference/index.ts'
import type { KubeClient } from '../../../kube/index.ts'
import type { Registry } from '../../../registry/index.ts'
import { runForOutput, runShell, type RunOutcome, type RunProcess } from '../../../subprocess/index.ts'
import type { Builder, BuildRequest, BuildResult } from '../../contract.ts'
import type { ClusterSecrets } from '../cluster/cluster-secrets.ts'
import { dependenciesOf } from './dependencies.ts'

/** What the custom builder needs from outside. */
export interface CustomBuilderParts {
  readonly runProcess: RunProcess
  /** What scripts get, beside the variables of the build. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Knows what a script has pushed. */
  readonly registry: Registry
  /** Tells which files base images of a Dockerfile copy by themselves; absent: those are not known. */
  readonly bases?: BaseInspector
  /** Scripts are told to leave tests out. */
  readonly skipTests?: boolean
  /** The cluster that scripts of `build.cluster` may use. */
  readonly cluster?: ScriptCluster
}

/** What scripts are told of a cluster. */
export interface ScriptCluster {
  readonly secrets: ClusterSecrets
  readonly connect: () => Promise<KubeClient>
  readonly kubeContext: () => Promise<string | undefined>
}

/**
 * Builds by running the artifact's `buildCommand`, once for all platforms, with Skaffold's variables. The script pushes
 * the image itself when PUSH_IMAGE is true, else it leaves it in the Docker daemon.
 *
 * `build` throws BUILD_COMMAND_FAILED, BUILD_COMMAND_MADE_NOTHING, and what registries throw.
 * @see https://skaffold.dev/docs/builders/builder-types/custom/
 */
export function createCustomBuilder(parts: CustomBuilderParts): Builder {
  return {
    multiPlatform: true,
    async build(request) {
      const { builder } = request.artifact
      if (builder.kind !== 'custom') throw new Error(`the custom builder does not build ${builder.kind} artifacts`)
      return inCluster(request, parts, async (variables) => {
        await runScript(builder, { ...request, variables }, parts)
        return findResult(request, parts)
      })
    },
    dependencies: async (request) => dependenciesOf(request, parts),
  }
}

type Variables = Readonly<Record<string, string>>

/** The secrets of `build.cluster` are there while the script runs, and it is told how they are called. */
async function inCluster<T>(
  { artifact, emit, signal }: BuildRequest,
  { cluster: outside }: CustomBuilderParts,
  run: (variables: Variables) => Promise<T>,
): Promise<T> {
  const { cluster } = artifact
  if (cluster === undefined || outside === undefined) return run({})
  const context = (await outside.kubeContext()) ?? ''
  const namespace = cluster.namespace ?? (await outside.connect()).namespace
  return outside.secrets.use({ cluster, emit, signal }, async ({ pullSecret, dockerConfig }) =>
    run({
      KUBE_CONTEXT: context,
      // as the documentation calls it
      KUBECONTEXT: context,
      NAMESPACE: namespace,
      PULL_SECRET_NAME: pullSecret?.name ?? '',
      TIMEOUT: cluster.timeout ?? '20m',
      ...(dockerConfig === undefined ? {} : { DOCKER_CONFIG_SECRET_NAME: dockerConfig.name }),
    }),
  )
}

async function runScript(
  { buildCommand }: CustomArtifact,
  request: BuildRequest & { readonly variables: Variables },
  { env, skipTests }: CustomBuilderParts,
): Promise<void> {
  const { artifact, contextFolder, emit, signal } = request
  const outcome = await runShell(buildCommand, {
    cwd: contextFolder,
    env: { ...env, ...request.variables, ...variablesOf(request), SKIP_TEST: String(skipTests === true) },
    signal,
    // What is printed is passed on; only the end is of use here.
    maxOutputBytes: 64 * 1024,
    onLine: (text) => emit({ type: 'buildOutput', image: artifact.image, text }),
  })
  if (outcome.status !== 0) throw failure(buildCommand, request, outcome)
}

/** Skaffold's variables, and the names of what is required. Unlike there, one of the same name in the environment does not win. */
function variablesOf({
  reference,
  push,
  contextFolder,
  platforms,
  parents = [],
}: BuildRequest): Record<string, string> {
  return {
    ...Object.fromEntries(parents.map((parent) => [parent.alias, parent.reference])),
    IMAGE: formatFamiliar(reference),
    PUSH_IMAGE: String(push),
    BUILD_CONTEXT: contextFolder,
    PLATFORMS: platforms.map(formatPlatform).join(','),
    IMAGE_REPO: formatFamiliar(withoutTag(reference)),
    IMAGE_TAG: reference.tag ?? '',
  }
}

function withoutTag({ registry, repository }: Reference): Reference {
  return { registry, repository }
}

async function findResult(request: BuildRequest, parts: CustomBuilderParts): Promise<BuildResult> {
  const digest = request.push ? await pushedDigest(request, parts) : await localDigest(request, parts)
  return { kind: 'pushed', digest }
}

async function pushedDigest({ artifact, reference, signal }: BuildRequest, parts: CustomBuilderParts): Promise<string> {
  const found = await parts.registry.resolve(reference, signal)
  if (found !== undefined) return found.digest
  const name = formatFamiliar(reference)
  throw new ToolError(
    'BUILD_COMMAND_MADE_NOTHING',
    `the buildCommand of ${artifact.image} ended well, and there is no ${name} in its registry`,
    { hint: 'let the script push "$IMAGE" when PUSH_IMAGE is true' },
  )
}

/** The id that the Docker daemon has given the image. */
async function localDigest(
  { artifact, reference, contextFolder, signal }: BuildRequest,
  { runProcess, env }: CustomBuilderParts,
): Promise<string> {
  const name = formatFamiliar(reference)
  try {
    const args = ['image', 'inspect', '--format', '{{.Id}}', name]
    return (await runForOutput(runProcess, { command: 'docker', args, cwd: contextFolder, env, signal })).trim()
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof ToolError)) throw error
    throw new ToolError(
      'BUILD_COMMAND_MADE_NOTHING',
      `the buildCommand of ${artifact.image} ended well, and Docker has no image ${name}: ${error.message}`,
      { hint: 'let the script build "$IMAGE" into the Docker daemon, or pass --push and --default-repo', cause: error },
    )
  }
}

function failure(command: string, { artifact }: BuildRequest, outcome: RunOutcome): ToolError {
  const { status, signal, stdout, stderr } = outcome
  const end = status === undefined ? `was ended by ${signal ?? 'a signal'}` : `exited with ${status}`
  const hint = hintFor(status, `${stdout}\n${stderr}`)
  return new ToolError(
    'BUILD_COMMAND_FAILED',
    `the buildCommand of ${artifact.image} ${end}: ${command.trim().split('\n')[0] ?? ''}`,
    hint === undefined ? {} : { hint },
  )
}

function hintFor(status: number | undefined, output: string): string | undefined {
  if (output.includes('exec format error')) {
    return 'install emulators for other platforms: docker run --privileged --rm tonistiigi/binfmt --install all'
  }
  if (status === 127) return 'correct the path of the program, which is relative to the build context'
  if (status === 126) return 'make the script executable: chmod +x'
  return undefined
}

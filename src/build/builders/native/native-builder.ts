import { checkSupported, formatLocation, planBuild } from '../../../dockerfile/index.ts'
import { isToolError } from '../../../errors/index.ts'
import { createHttpClient, proxyFromEnv, type HttpClient } from '../../../http/index.ts'
import { createImage, type Image } from '../../../image/index.ts'
import type { BaseInspector } from '../../../inspect/index.ts'
import { formatPlatform, normalizePlatform, only, type Platform } from '../../../platform/index.ts'
import type { LayerIndexes } from '../../../layer/index.ts'
import type { Registry } from '../../../registry/index.ts'
import { runProcess, type RunProcess } from '../../../subprocess/index.ts'
import { openFileDigests, type FileDigests } from '../../../workspace/index.ts'
import type { LayerStore } from '../../cache/layer-store.ts'
import type { Builder, BuildRequest } from '../../contract.ts'
import { createBaseImages, type BaseImages } from './base-image.ts'
import { checkPrograms } from './check-programs.ts'
import { createFileContents } from './contents.ts'
import { createContextWalks, type ContextWalks } from './context-walks.ts'
import { createContexts, type Contexts } from './contexts.ts'
import { dependenciesOf, inputsOf } from './dependencies.ts'
import { evaluate } from './evaluate.ts'
import { createGitTrees, type GitTrees } from './git-trees.ts'
import { hostPlatform } from './host-platform.ts'
import { openImageStore } from './image-store.ts'
import { createLayerMaker, type LayerMaker } from './layers.ts'
import type { NativeBuild, WithHttp } from './native-build.ts'
import { readDockerfile } from './read-dockerfile.ts'
import type { StageState } from './stage-state.ts'
import { timesFrom } from './times.ts'

/** What the native builder needs from outside. */
export interface NativeBuilderParts {
  /** Where base images come from. */
  readonly registry: Registry
  /** For layers that are too big for memory, unpacked archives and downloads; must be there, and is not emptied. */
  readonly workFolder: string
  /** `SOURCE_DATE_EPOCH`, and the proxies for ADD of a URL. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Milliseconds since the epoch; decides only how long digests of files are trusted. */
  readonly now?: () => number
  /** What files hold; absent: known for as long as the builder lives. */
  readonly digests?: FileDigests
  /** Layers of earlier builds; absent: layers are made once in the life of the builder. */
  readonly layers?: LayerStore
  /** gzip's, 1 to 9; 1 when absent. */
  readonly compressionLevel?: number
  /** This machine as containers see it, for `BUILDPLATFORM`; linux and the processor of this process when absent. */
  readonly host?: Platform
  /** Tells which files base images copy by themselves, for the dependencies; absent: those are not known. */
  readonly bases?: BaseInspector
  /** Fetches what ADD names by URL; one is made when absent. */
  readonly http?: HttpClient
  /** Runs git for ADD of a repository; the real one when absent. */
  readonly runProcess?: RunProcess
}

/**
 * Builds images from Dockerfiles that need no RUN, without a daemon. Equal files give equal bytes on every machine; layers
 * with the same content are made once in the life of the builder, also for several platforms.
 *
 * `build` throws DOCKERFILE_…, BUILD_…, PLATFORM_NOT_OFFERED, FILE_CHANGED, DISK_FULL, and what registries throw.
 */
export function createNativeBuilder(parts: NativeBuilderParts): Builder {
  const tools = createTools(parts)
  const lookUp = { ...tools, ...(parts.bases === undefined ? {} : { bases: parts.bases }) }
  return {
    multiPlatform: false,
    async build(request) {
      const images: Image[] = []
      try {
        for (const platform of request.platforms) images.push(await buildOne(request, platform, tools))
      } finally {
        await keepFindings(request, tools)
      }
      return { kind: 'images', images }
    },
    dependencies: (request) => dependenciesOf(request, lookUp),
    inputs: (request) => inputsOf(request, lookUp),
  }
}

interface Tools {
  readonly parts: NativeBuilderParts
  readonly host: Platform
  readonly images: BaseImages
  readonly layers: LayerMaker
  readonly digests: FileDigests
  readonly contexts: Contexts
  readonly walks: ContextWalks
  readonly withHttp: WithHttp
  readonly gitTrees: GitTrees
}

function createTools(parts: NativeBuilderParts): Tools {
  const { registry, workFolder, now = Date.now } = parts
  const walks = createContextWalks(now)
  return {
    parts,
    host: parts.host ?? hostPlatform(),
    images: createBaseImages({
      workFolder,
      openStore: (name) => openImageStore(name, registry),
      indexes: indexesIn(parts.layers),
    }),
    layers: createLayerMaker(workFolder, {
      ...(parts.layers === undefined ? {} : { store: parts.layers }),
      ...(parts.compressionLevel === undefined ? {} : { level: parts.compressionLevel }),
    }),
    digests: parts.digests ?? openFileDigests({ now }),
    contexts: createContexts(walks),
    walks,
    withHttp: async (use) => lendHttp(parts, use),
    gitTrees: createGitTrees({ workFolder, now, env: parts.env, runProcess: parts.runProcess ?? runProcess }),
  }
}

function indexesIn(layers: LayerStore | undefined): LayerIndexes | undefined {
  if (layers === undefined) return undefined
  const nameOf = (diffId: string): string => `index-${diffId.replace(':', '-')}`
  return {
    get: (diffId) => layers.getNote(nameOf(diffId)),
    put: async (diffId, text) => layers.putNote(nameOf(diffId), text),
  }
}

/** For the next process; when that fails, this build is none the worse. */
async function keepFindings({ emit }: BuildRequest, { digests, parts }: Tools): Promise<void> {
  digests.forget()
  try {
    await digests.save()
    await parts.layers?.trim()
  } catch (error) {
    if (!isToolError(error)) throw error
    const hint = 'make room there, or set XDG_CACHE_HOME to a folder that you may write'
    emit({ type: 'warning', text: `the next build will be slower: ${error.message}`, hint })
  }
}

async function lendHttp<T>(parts: NativeBuilderParts, use: (http: HttpClient) => Promise<T>): Promise<T> {
  if (parts.http !== undefined) return use(parts.http)
  const http = createHttpClient({ proxy: proxyFromEnv(parts.env) })
  try {
    return await use(http)
  } finally {
    await http.close()
  }
}

async function buildOne(request: BuildRequest, platform: Platform, tools: Tools): Promise<Image> {
  const build = await prepare(request, platform, tools)
  checkSupported(build.plan)
  const state = await evaluate(build)
  warnOfForeignBase(state, build)
  await checkPrograms(state, normalizePlatform(platform), request.signal)
  return toImage(state, build)
}

async function prepare(request: BuildRequest, platform: Platform, tools: Tools): Promise<NativeBuild> {
  const { artifact, contextFolder, signal, emit, reference } = request
  const { builder } = artifact
  if (builder.kind !== 'docker') throw new Error(`the native builder does not build ${builder.kind} artifacts`)
  const { dockerfile, ignore } = await readDockerfile(builder, contextFolder)
  const epoch = tools.parts.env['SOURCE_DATE_EPOCH']
  const buildArgs = epoch === undefined ? builder.buildArgs : { SOURCE_DATE_EPOCH: epoch, ...builder.buildArgs }
  const wanted = { platform, buildPlatform: tools.host, buildArgs }
  const plan = planBuild(dockerfile, builder.target === undefined ? wanted : { ...wanted, target: builder.target })
  const times = timesFrom(buildArgs['SOURCE_DATE_EPOCH'] ?? plan.globals.get('SOURCE_DATE_EPOCH'))
  const about = { image: artifact.image, platform: formatPlatform(platform) }
  const contents = createFileContents(tools.digests.in(contextFolder))
  return {
    plan,
    times,
    signal,
    images: tools.images,
    layers: tools.layers,
    withHttp: tools.withHttp,
    loadGit: async (git) => tools.gitTrees.load({ ...git, mtimeSeconds: times.fixed }, { reference, signal }),
    workFolder: tools.parts.workFolder,
    context: tools.contexts.open({ folder: contextFolder, ignore, contents, times, signal, reference }),
    report: (text) => emit({ type: 'buildOutput', ...about, text }),
    warn: (text, hint) => emit({ type: 'warning', text, ...(hint === undefined ? {} : { hint }) }),
  }
}

/** `FROM --platform=$BUILDPLATFORM` in the last stage is nearly always a mistake. */
function warnOfForeignBase(state: StageState, { plan, warn }: NativeBuild): void {
  const { platform } = plan.wanted
  if (only(platform).matches(state.platform)) return
  const [base, wanted] = [formatPlatform(state.platform), formatPlatform(platform)]
  warn(
    `${formatLocation(plan.target.at)}: the image is for ${wanted}, and starts from one for ${base}`,
    'remove --platform from the last FROM',
  )
}

function toImage(state: StageState, { plan, times }: NativeBuild): Image {
  const { os, architecture, variant } = normalizePlatform(plan.wanted.platform)
  return createImage({
    family: state.family,
    layers: state.layers,
    config: {
      created: times.created,
      ...(state.author === undefined ? {} : { author: state.author }),
      os,
      architecture,
      ...(variant === undefined ? {} : { variant }),
      ...(state.osVersion === undefined ? {} : { 'os.version': state.osVersion }),
      config: state.config,
      history: state.history,
    },
  })
}

import type { Variables } from '../../../dockerfile/index.ts'
import type { ContainerConfig, HistoryEntry, Image, Layer, MediaTypeFamily } from '../../../image/index.ts'
import type { Platform } from '../../../platform/index.ts'
import { emptyTree, type FileTree } from './file-tree.ts'
import type { Program } from './layers.ts'

/** The files of a stage, which are looked at as late as possible. */
export interface StageFiles {
  load(): Promise<FileTree>
  /** What is known without reading the layers of a base image. */
  readonly known: FileTree
}

/** Programs of one layer and the instruction that brought them. */
export interface ProgramsOfLayer {
  readonly programs: readonly Program[]
  /** `Dockerfile:4: COPY bin/server /server`. */
  readonly from: string
}

/** A stage while its instructions are done one after the other. */
export interface StageState {
  platform: Platform
  files: StageFiles
  layers: readonly Layer[]
  config: ContainerConfig
  author: string | undefined
  history: readonly HistoryEntry[]
  variables: Variables
  programs: readonly ProgramsOfLayer[]
  family: MediaTypeFamily
  /** Of a base image for Windows or with special features. */
  osVersion: string | undefined
  /** Whether CMD was set in this stage: ENTRYPOINT then leaves it. */
  hasOwnCmd: boolean
}

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** What `FROM scratch` gives. */
export function scratchState(platform: Platform): StageState {
  return withPath({
    platform,
    files: { load: async () => Promise.resolve(emptyTree), known: emptyTree },
    layers: [],
    config: { WorkingDir: '/' },
    author: undefined,
    history: [],
    variables: new Map(),
    programs: [],
    family: 'oci',
    osVersion: undefined,
    hasOwnCmd: false,
  })
}

/** What FROM an image gives; its ONBUILD is taken out. */
export function imageState(
  image: Image,
  options: { readonly platform: Platform; readonly family: MediaTypeFamily; readonly load: () => Promise<FileTree> },
): StageState {
  const { OnBuild: _, ...config } = image.config.config ?? {}
  return withPath({
    ...scratchState(options.platform),
    files: { load: options.load, known: emptyTree },
    layers: image.layers,
    config,
    author: image.config.author,
    history: image.config.history ?? [],
    family: options.family,
    osVersion: image.config['os.version'],
  })
}

/** What FROM an earlier stage gives: everything, its ONBUILD taken out. */
export function childState(parent: StageState): StageState {
  const { OnBuild: _, ...config } = parent.config
  return withPath({ ...parent, config, hasOwnCmd: false })
}

/** PATH is always set, and ENV of the image hides ARG of the same name. */
function withPath(state: StageState): StageState {
  const env = state.config.Env ?? []
  const hasPath = env.some((entry) => entry.startsWith('PATH='))
  const complete = hasPath ? env : [...env, `PATH=${defaultPath}`]
  const variables = new Map(state.variables)
  for (const entry of complete) {
    const equals = entry.indexOf('=')
    variables.set(equals === -1 ? entry : entry.slice(0, equals), equals === -1 ? '' : entry.slice(equals + 1))
  }
  return { ...state, config: { ...state.config, Env: complete }, variables }
}

/** `ENV name=value` in the list, in the place of an earlier value. */
export function setEnv(env: readonly string[], name: string, value: string): readonly string[] {
  const entry = `${name}=${value}`
  const at = env.findIndex((other) => other === name || other.startsWith(`${name}=`))
  return at === -1 ? [...env, entry] : env.map((other, index) => (index === at ? entry : other))
}

import type { BuildPlan } from '../../../dockerfile/index.ts'
import type { HttpClient } from '../../../http/index.ts'
import type { BaseImages } from './base-image.ts'
import type { FileTree } from './file-tree.ts'
import type { GitRequest } from './git-trees.ts'
import type { LayerMaker } from './layers.ts'

/** One build: a Dockerfile for one platform and everything its instructions use. */
export interface NativeBuild {
  readonly plan: BuildPlan
  readonly context: BuildContext
  readonly images: BaseImages
  readonly layers: LayerMaker
  /** Lends a client for downloads, and closes it when it was made for this. */
  readonly withHttp: WithHttp
  /** The files of a repository. */
  readonly loadGit: (request: Omit<GitRequest, 'mtimeSeconds'>) => Promise<FileTree>
  readonly workFolder: string
  readonly times: Times
  /** A line for the user about an instruction. */
  readonly report: (text: string) => void
  readonly warn: (text: string, hint?: string) => void
  readonly signal: AbortSignal
}

export type WithHttp = <T>(use: (http: HttpClient) => Promise<T>) => Promise<T>

/** The files that COPY and ADD take from disk. */
export interface BuildContext {
  readonly folder: string
  /** The file whose rules hide files, for the error about a source that is on disk and not in the context. */
  readonly ignoreFile: string | undefined
  load(): Promise<FileTree>
}

/** What stands in times: nothing of the clock. */
export interface Times {
  /** Seconds: of everything that the build itself makes, and of context files. */
  readonly fixed: number
  /** What comes out of images and archives keeps its time, but no later than this. */
  readonly latest: number | undefined
  /** As image configurations write {@link fixed}. */
  readonly created: string
}

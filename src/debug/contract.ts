import type { ContainerConfig } from '../image/index.ts'
import type { Word } from './words.ts'

/** Runtimes that a debugger is known for. */
export type RuntimeName = 'go' | 'jvm' | 'netcore' | 'nodejs' | 'python'

/** What is known of the image of a container that is to be debugged. */
export interface DebugImage {
  /** The artifact's name in the config. */
  readonly artifact: string
  /** The artifact's `runtimeType`; absent: the image tells. */
  readonly runtime?: RuntimeName
  readonly author?: string
  readonly config: ContainerConfig
}

/** How resources are made ready for debuggers. */
export interface DebugOptions {
  /**
   * Of an image that was built here; undefined for others, which are left alone. Asked once per distinct name of an
   * object. A `ToolError` is reported as the reason why the container is left as it is.
   */
  readonly imageOf: (reference: string) => Promise<DebugImage | undefined>
  /** `--protocols`: the first that a runtime's debugger speaks is taken. */
  readonly protocols: readonly string[]
  /** Registry path that the images with the debuggers' files are in, one for each runtime. */
  readonly helpersRegistry: string
}

/** A container as its runtime's debugger sees it. */
export interface Subject {
  /** The program and arguments that can be rewritten; empty when there is none. */
  readonly program: readonly Word[]
  /** Arguments that follow {@link Subject.program} and stay as they are. */
  readonly rest: readonly Word[]
  /** The command line is a shell script that is more than one simple command. */
  readonly isScript: boolean
  /** Of the image and the manifest; `unknown` for values that only the cluster knows. */
  readonly env: ReadonlyMap<string, Word | 'unknown'>
  readonly labels: Readonly<Record<string, string>>
  readonly author: string | undefined
}

/** What a debugger may choose from. */
export interface Choices {
  /** That port, or the next one that no container of the pod has. */
  readonly freePort: (wanted: number) => number
  readonly protocols: readonly string[]
}

/** How a container is changed for its debugger. */
export interface DebugPlan {
  /** In place of {@link Subject.program}. */
  readonly program?: readonly Word[]
  /** Variables to set, as manifests write values. */
  readonly env?: Readonly<Record<string, string>>
  /** Where the debugger listens, by its protocol. */
  readonly port?: { readonly protocol: string; readonly number: number }
  /** The debugger's files have to be brought into the container. */
  readonly needsFiles: boolean
}

/** Why something cannot be done. */
export interface Refusal {
  readonly reason: string
}

/** What is known of debugging one runtime. */
export interface RuntimeDebugger {
  readonly name: RuntimeName
  detects(subject: Subject): boolean
  plan(subject: Subject, choices: Choices): DebugPlan | Refusal
}

/** What the annotation tells debuggers of one container; members as Skaffold writes them. */
export interface ContainerDebugConfig {
  readonly artifact: string
  readonly runtime: RuntimeName
  readonly workingDir?: string
  /** By protocol. */
  readonly ports?: Readonly<Record<string, number>>
}

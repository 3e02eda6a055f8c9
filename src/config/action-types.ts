/** An entry of `test`: what is run against an image after it was built. */
export interface TestCase {
  /** Name of the artifact. */
  readonly image: string
  /** Folder that paths and commands start from, as written; `.` when absent. */
  readonly context: string
  readonly custom: readonly CustomTest[]
  /** Globs of files for container-structure-test. */
  readonly structureTests: readonly string[]
  /** Further arguments for it. */
  readonly structureTestsArgs: readonly string[]
}

/** A command whose exit status is the verdict. */
export interface CustomTest {
  /** A shell command, its template rendered. */
  readonly command: string
  /** No limit when absent. */
  readonly timeoutSeconds?: number
  readonly dependencies?: {
    readonly command?: string
    readonly paths?: readonly string[]
    readonly ignore?: readonly string[]
  }
}

/** Where containers of verifications and actions run. */
export type ExecutionMode =
  | { readonly kind: 'local'; readonly useLocalImages: boolean }
  | {
      readonly kind: 'kubernetesCluster'
      /** A Job whose pod template the container is put into. */
      readonly jobManifestPath?: string
      /** JSON that is laid over the pod. */
      readonly overrides?: string
    }

/** A container that is run to its end. */
export interface ActionContainer {
  readonly name: string
  readonly image: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** An entry of `verify`. */
export interface VerifyCase {
  readonly name: string
  readonly container: ActionContainer
  readonly timeoutSeconds?: number
  readonly executionMode: ExecutionMode
}

/** An entry of `customActions`. */
export interface CustomAction {
  readonly name: string
  readonly containers: readonly ActionContainer[]
  /** The first failure ends the others. */
  readonly failFast: boolean
  readonly timeoutSeconds?: number
  readonly executionMode: ExecutionMode
}

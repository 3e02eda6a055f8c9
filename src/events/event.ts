/**
 * Everything that happens during a run, as data. Stages emit, reporters in `cli/` print; platforms are formatted
 * (`linux/arm64`), images are artifact names as the config spells them, durations are milliseconds.
 */
export type Event =
  | BuildEvent
  | DeployEvent
  | DevEvent
  | TestEvent
  | { readonly type: 'info'; readonly text: string }
  /** Said only to those who ask for more (`-v info`): why something was chosen. */
  | { readonly type: 'detail'; readonly text: string }
  | { readonly type: 'warning'; readonly text: string; readonly hint?: string }

/** While images are named, built and pushed. */
export type BuildEvent =
  | { readonly type: 'tagsStarted' }
  | { readonly type: 'tagGenerated'; readonly image: string; readonly reference: string }
  /** It is looked up what was built before. */
  | { readonly type: 'cacheStarted' }
  /** Platforms of an image that need not be built, and those that have to be; at least one of the two is not empty. */
  | {
      readonly type: 'cacheChecked'
      readonly image: string
      readonly found: readonly string[]
      readonly missing: readonly string[]
      /** It is looked for on this machine only: it is not pushed. */
      readonly isLocal?: boolean
    }
  | { readonly type: 'buildsStarted' }
  | {
      readonly type: 'platformsResolved'
      readonly image: string
      readonly platforms: readonly string[]
      readonly reason: string
      /** What the choice was made of; an empty list says nothing about the platforms. */
      readonly from: {
        /** `--platform`, else `build.platforms`. */
        readonly asked: readonly string[]
        /** Of the cluster's nodes. */
        readonly cluster: readonly string[]
        /** The artifact's own list. */
        readonly artifact: readonly string[]
      }
    }
  | { readonly type: 'buildStarted'; readonly image: string; readonly platforms: readonly string[] }
  | { readonly type: 'buildOutput'; readonly image: string; readonly platform?: string; readonly text: string }
  | {
      readonly type: 'blobPushed'
      readonly image: string
      readonly digest: string
      readonly sizeBytes: number
      readonly how: 'exists' | 'mounted' | 'uploaded'
    }
  /** Bytes of a blob that is being sent. */
  | {
      readonly type: 'blobProgress'
      readonly image: string
      readonly digest: string
      readonly sizeBytes: number
      readonly doneBytes: number
    }
  | {
      readonly type: 'buildSucceeded'
      readonly image: string
      readonly reference: string
      readonly platforms: readonly string[]
      readonly durationMs: number
    }
  | {
      readonly type: 'buildFailed'
      readonly image: string
      readonly message: string
      /** Of the error, when it has one. */
      readonly code?: string
    }
  /** It was under way when another build failed, or Ctrl+C was pressed. */
  | { readonly type: 'buildCanceled'; readonly image: string }

/** While images are tested, and containers of verifications and actions run. */
export type TestEvent =
  | { readonly type: 'testsStarted' }
  | { readonly type: 'testStarted'; readonly image: string; readonly what: string }
  | { readonly type: 'testOutput'; readonly image: string; readonly text: string }
  | { readonly type: 'testSucceeded'; readonly image: string }
  | { readonly type: 'testFailed'; readonly image: string; readonly message: string }
  | { readonly type: 'actionStarted'; readonly name: string; readonly image: string }
  | { readonly type: 'actionOutput'; readonly name: string; readonly text: string }
  | { readonly type: 'actionSucceeded'; readonly name: string }
  | { readonly type: 'actionFailed'; readonly name: string; readonly message: string }

/** While resources are rendered, applied and waited for, and what their pods say. */
export type DeployEvent =
  /** Images that were not pushed are brought to a cluster on this machine: `kind cluster nodes`. */
  | { readonly type: 'loadsStarted'; readonly target: string }
  | { readonly type: 'imageLoaded'; readonly reference: string; readonly outcome: 'Found' | 'Loaded' }
  | { readonly type: 'loadsFinished'; readonly durationMs: number }
  | { readonly type: 'deployStarted' }
  | {
      readonly type: 'placed'
      readonly resource: string
      readonly platforms: readonly string[]
      readonly reason: string
    }
  /** A container was rewritten so that a debugger can be connected to it. */
  | {
      readonly type: 'debugReady'
      readonly resource: string
      readonly container: string
      readonly runtime: string
      /** By protocol; empty where debuggers start their own program in the container. */
      readonly ports: Readonly<Record<string, number>>
    }
  | {
      readonly type: 'resourceApplied'
      readonly resource: string
      readonly action: 'created' | 'configured' | 'unchanged'
    }
  | {
      readonly type: 'portForwarded'
      /** `service/web` */
      readonly resource: string
      readonly namespace: string
      readonly port: string
      readonly address: string
      readonly localPort: number
    }
  /** `pod "web"`, as kubectl says it. */
  | { readonly type: 'resourceDeleted'; readonly resource: string }
  | { readonly type: 'statusStarted' }
  | { readonly type: 'resourceWaiting'; readonly resource: string; readonly message: string }
  | { readonly type: 'resourceReady'; readonly resource: string; readonly remaining: number; readonly total: number }
  | { readonly type: 'resourceFailed'; readonly resource: string; readonly message: string }
  | { readonly type: 'stabilized'; readonly durationMs: number }
  | {
      readonly type: 'podPlaced'
      readonly pod: string
      readonly node: string
      readonly platform: string
      readonly reason: string
    }
  | {
      readonly type: 'log'
      readonly pod: string
      readonly container: string
      /** What is printed in brackets before the line: the container when absent, nothing when empty. */
      readonly label?: string
      readonly text: string
    }

/** Of the dev loop. */
export type DevEvent =
  | { readonly type: 'listingFiles'; readonly images: readonly string[] }
  | { readonly type: 'watching' }
  /** Logs are followed until Ctrl+C, and nothing is watched. */
  | { readonly type: 'following' }
  | { readonly type: 'filesChanged'; readonly images: readonly string[]; readonly paths: readonly string[] }
  /** Something is built, synchronized or deployed from now on. */
  | { readonly type: 'iterationStarted' }
  | { readonly type: 'iterationFailed'; readonly message: string; readonly hint?: string; readonly code?: string }
  /** Changed files are copied into running containers. */
  | { readonly type: 'syncStarted' | 'syncSucceeded'; readonly image: string; readonly fileCount: number }
  | { readonly type: 'syncFailed'; readonly image: string; readonly fileCount: number; readonly message: string }
  | { readonly type: 'cleaningUp' }

/** Where a stage sends what happens. Must not throw and must not block. */
export type Emit = (event: Event) => void

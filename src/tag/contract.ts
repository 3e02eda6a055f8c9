import type { Emit } from '../events/index.ts'
import type { RunProcess } from '../subprocess/index.ts'

/** What gets a tag. */
export interface TagSubject {
  /** The artifact's name in the config. */
  readonly image: string
  /** Absolute path of the build context. */
  readonly folder: string
  /** Absolute paths of the files that the build depends on; asked for by policies that look at them. */
  readonly files?: () => Promise<readonly string[]>
}

/** Names an image before the default repo is put in front of it. */
export interface Tagger {
  /** `image:tag`, or the image as it is when it has its tag already. */
  tag(subject: TagSubject, signal?: AbortSignal): Promise<string>
}

/** Everything that taggers use from outside. */
export interface TagOutside {
  readonly runProcess: RunProcess
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => Date
  readonly emit: Emit
}

/** Makes the tag alone. An empty text leaves the image's name as it is. */
export type MakeTag = (subject: TagSubject, signal?: AbortSignal) => Promise<string>

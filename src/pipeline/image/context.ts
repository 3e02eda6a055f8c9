import type { Emit } from '../../events/index.ts'
import type { StoreOutside } from '../../transfer/index.ts'

/** What the use cases about images and indexes need from outside; put together in `cli/`. */
export interface ImageContext extends StoreOutside {
  /** Absolute; what is kept from one call to the next, such as manifest lists that are being made. */
  readonly dataFolder: string
  readonly emit: Emit
  readonly signal: AbortSignal
}

import type { Layer } from '../../image/index.ts'
import type { TarEntry } from '../../layer/index.ts'

/** Reads bytes of something long, both ends included. */
export type ReadPart = (start: number, end: number) => AsyncIterable<Uint8Array>

/** What a layer has at a path. */
export interface LayerFile {
  readonly kind: TarEntry['kind']
  readonly linkTarget?: string
  /** The first bytes of a file that may be a program. */
  readonly head?: Uint8Array
}

/** What a layer says about a path: what is there, that nothing is (not even below), or nothing. */
export type LayerAnswer = { readonly file: LayerFile } | 'hidden' | 'silent'

/** A layer that is read only as far as the questions need. */
export interface LazyLayer {
  ask(path: string): Promise<LayerAnswer>
  /** Stops reading. */
  close(): Promise<void>
}

/** A layer, and how to get parts of it. */
export interface LazyLayerOptions {
  readonly layer: Layer
  /** For layers that are not compressed, and for those with a table of contents: what is of no interest is not fetched. */
  readonly readPart?: ReadPart
  /** Paths are the same in capitals and small letters, and every file may be a program. */
  readonly isWindows?: boolean
  readonly signal?: AbortSignal
}

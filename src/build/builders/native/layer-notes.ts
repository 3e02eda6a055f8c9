import { hash } from 'node:crypto'
import * as v from 'valibot'
import { layerFormat } from '../../../layer/index.ts'
import type { FileNode } from './file-tree.ts'
import type { Graft, Place } from './graft.ts'

/** What has to be known of a layer that is not looked into. */
export interface LayerNote {
  readonly descriptor: { readonly mediaType: string; readonly digest: string; readonly size: number }
  readonly diffId: string
  readonly programs: readonly { readonly path: string; readonly architecture: string | undefined }[]
  readonly files: number
}

/** Keeps texts between builds. */
export interface NoteStore {
  getNote(key: string): string | undefined
  putNote(key: string, text: string): Promise<void>
}

const noteSchema = v.object({
  descriptor: v.object({ mediaType: v.string(), digest: v.string(), size: v.number() }),
  diffId: v.string(),
  programs: v.array(v.object({ path: v.string(), architecture: v.optional(v.string()) })),
  files: v.number(),
})

/** Layers by what is known of their files without opening one: names, modes, times and inodes. */
export interface LayerNotes {
  /** Of a layer with those places, and what is grafted. Undefined for files that no stamp tells the bytes of. */
  keyOf(places: readonly Place[], grafts: readonly Graft[]): string | undefined
  get(key: string): LayerNote | undefined
  /** Writes nothing when one of the files may be written to unnoticed. */
  put(key: string, note: LayerNote, places: readonly Place[]): Promise<void>
}

export function createLayerNotes(store: NoteStore, level: number | undefined): LayerNotes {
  return {
    keyOf: (places, grafts) => keyOf({ places, grafts }, level),
    get(key) {
      const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), noteSchema), store.getNote(key) ?? '')
      if (!parsed.success) return undefined
      const programs = parsed.output.programs.map(({ path, architecture }) => ({ path, architecture }))
      return { ...parsed.output, programs }
    },
    async put(key, note, places) {
      const isTrusted = places.every(({ node }) => node.content?.isTrusted?.() ?? true)
      if (isTrusted) await store.putNote(key, JSON.stringify(note))
    },
  }
}

interface Contents {
  readonly places: readonly Place[]
  readonly grafts: readonly Graft[]
}

function keyOf({ places, grafts }: Contents, level: number | undefined): string | undefined {
  const copies = new Map<object | undefined, number>()
  const grafted = grafts.map((graft) => [graft.target, graft.stamp(), numberOf(graft.copy, copies)])
  if (!places.every(({ node }) => hasStamp(node)) || grafted.some(([, stamp]) => stamp === undefined)) return undefined
  let text = `layer note ${layerFormat(level)}\n${JSON.stringify(grafted)}\n`
  for (const { path, node } of places) {
    const stamp = node.content?.stamp ?? ''
    text += `${path}\0${node.linkTarget ?? ''}\0${headerOf(node)} ${stamp} ${groupOf(node, copies)}\n`
  }
  return hash('sha256', text, 'hex')
}

/** Names of one file are links only when one copy has put them there. */
function groupOf({ content, copy }: FileNode, copies: Map<object | undefined, number>): string {
  if (content?.inode === undefined) return ''
  return `${content.inode} ${numberOf(copy, copies)}`
}

function numberOf(copy: object | undefined, copies: Map<object | undefined, number>): number {
  const number = copies.get(copy) ?? copies.size
  copies.set(copy, number)
  return number
}

function hasStamp({ content, device, xattrs }: FileNode): boolean {
  if (device !== undefined || xattrs !== undefined) return false
  return content === undefined || content.stamp !== undefined
}

function headerOf({ kind, mode, uid, gid, mtimeSeconds }: FileNode): string {
  return `${kind} ${mode} ${uid} ${gid} ${mtimeSeconds}`
}

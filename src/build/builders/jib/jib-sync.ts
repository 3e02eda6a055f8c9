import { stat } from 'node:fs/promises'
import * as v from 'valibot'
import { ToolError } from '../../../errors/index.ts'
import type { AutoSyncRequest, SyncedFile } from '../../contract.ts'

/** Where the files of a project go in its image. */
export interface JibSyncMap {
  /** Copied as they are. */
  readonly direct: readonly SyncedFile[]
  /** Made of others. */
  readonly generated: readonly SyncedFile[]
}

const entries = v.optional(v.array(v.object({ src: v.string(), dest: v.string() })), [])
const schema = v.object({ direct: entries, generated: entries })

/**
 * Reads what the plugin prints for Skaffold.
 * @throws BUILD_DEPENDENCIES_INVALID
 */
export function parseSyncMap(output: string): JibSyncMap {
  const lines = output.split(/\r?\n/)
  const text = lines[lines.findIndex((line) => line.trim() === 'BEGIN JIB JSON: SYNCMAP/1') + 1 || lines.length] ?? ''
  const parsed = v.safeParse(schema, parseJson(text))
  if (!parsed.success) {
    throw new ToolError('BUILD_DEPENDENCIES_INVALID', 'jib did not say where the files of the image go', {
      hint: 'use version 3.2.0 or later of the jib plugin',
    })
  }
  const { direct, generated } = parsed.output
  const files = (all: typeof direct): readonly SyncedFile[] =>
    all.map(({ src, dest }) => ({ source: src, destination: dest }))
  return { direct: files(direct), generated: files(generated) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What is known of a project since its image was built. */
interface Known {
  /** When building or synchronizing began; files that are older are in the containers. */
  readonly sinceMs: number
  readonly map?: JibSyncMap
}

/** Follows which files of projects are newer than their containers. */
export interface JibSyncer {
  /** An image is being built: its files are those of now. */
  built(key: string, atMs: number): void
  changes(key: string, request: AutoSyncRequest, project: JibProject): Promise<readonly SyncedFile[] | undefined>
}

/** How to ask a project. */
export interface JibProject {
  /** Files that say how it is built; absolute. */
  readonly buildFiles: readonly string[]
  /** Compiles, and says where files go. */
  readonly readMap: () => Promise<JibSyncMap>
  readonly now: () => number
}

/** File systems keep times to the second, or worse. */
const slackMs = 2000

export function createJibSyncer(): JibSyncer {
  const known = new Map<string, Known>()
  return {
    built: (key, atMs) => void known.set(key, { sinceMs: atMs }),
    async changes(key, { written, deleted }, { buildFiles, readMap, now }) {
      const former = known.get(key)
      if (former === undefined || deleted.length > 0 || written.some((path) => buildFiles.includes(path))) {
        return undefined
      }
      const direct = written.map((path) => former.map?.direct.find(({ source }) => source === path))
      if (direct.every((file) => file !== undefined)) return direct
      const atMs = now()
      const map = await readMap()
      known.set(key, { sinceMs: atMs, map })
      return newer([...map.direct, ...map.generated], former.sinceMs - slackMs)
    },
  }
}

async function newer(files: readonly SyncedFile[], sinceMs: number): Promise<readonly SyncedFile[]> {
  const times = await Promise.all(
    files.map(async ({ source }) => (await stat(source).catch(() => undefined))?.mtimeMs ?? 0),
  )
  return files.filter((_, index) => (times[index] ?? 0) >= sinceMs)
}

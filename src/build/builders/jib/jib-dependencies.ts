import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import * as v from 'valibot'
import { ToolError } from '../../../errors/index.ts'
import { listFiles } from '../../../workspace/index.ts'

/** What a project's image is made of. */
export interface JibFiles {
  /** Files that say how it is built. */
  readonly build: readonly string[]
  /** Files and folders that go into it. */
  readonly inputs: readonly string[]
  readonly ignore: readonly string[]
}

const schema = v.object({
  build: v.optional(v.array(v.string()), []),
  inputs: v.optional(v.array(v.string()), []),
  ignore: v.optional(v.array(v.string()), []),
})

/**
 * Reads what the plugin prints for Skaffold: one JSON document per module, each after a line of its own.
 * @throws BUILD_DEPENDENCIES_INVALID
 */
export function parseJibFiles(output: string): JibFiles {
  const lines = output.split(/\r?\n/)
  const documents = lines.flatMap((line, index) => (line.trim() === 'BEGIN JIB JSON' ? [lines[index + 1] ?? ''] : []))
  if (documents.length === 0) throw invalid(output)
  const parsed = documents.map((text) => {
    const files = v.safeParse(schema, parseJson(text))
    if (files.success) return files.output
    throw invalid(text)
  })
  return {
    build: parsed.flatMap(({ build }) => build),
    inputs: parsed.flatMap(({ inputs }) => inputs),
    ignore: parsed.flatMap(({ ignore }) => ignore),
  }
}

/** The files that are there, absolute and sorted. */
export async function listJibFiles(files: JibFiles, folder: string, signal: AbortSignal): Promise<readonly string[]> {
  const ignored = files.ignore.map((path) => resolve(folder, path))
  const found = await Promise.all(
    [...files.build, ...files.inputs].map(async (path) => below(resolve(folder, path), signal)),
  )
  const kept = found.flat().filter((path) => !ignored.some((one) => path === one || path.startsWith(`${one}/`)))
  return [...new Set(kept)].sort()
}

async function below(path: string, signal: AbortSignal): Promise<readonly string[]> {
  const facts = await stat(path).catch(() => undefined)
  if (facts === undefined) return []
  if (!facts.isDirectory()) return [path]
  return [path, ...(await listFiles(path, { paths: ['.'], ignore: [], signal }))]
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function invalid(text: string): ToolError {
  const shown = text.trim().split('\n').slice(-1)[0] ?? ''
  return new ToolError('BUILD_DEPENDENCIES_INVALID', `jib did not say which files the image is made of: ${shown}`, {
    hint: 'use version 3.2.0 or later of the jib plugin',
  })
}

import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { CORE_SCHEMA, load } from 'js-yaml'
import * as v from 'valibot'
import type { Artifact, KoArtifact } from '../../../config/index.ts'
import { ToolError } from '../../../errors/index.ts'

/** What a project says to ko itself, in `.ko.yaml`; members that are not named here are kept. */
export interface KoFile {
  readonly defaultBaseImage?: string | undefined
  /** By import path. */
  readonly baseImageOverrides?: Readonly<Record<string, string>> | undefined
  readonly builds?: readonly unknown[] | undefined
}

function parseKoFile(value: unknown): KoFile | undefined {
  const parsed = v.safeParse(
    v.looseObject({
      defaultBaseImage: v.optional(v.string()),
      baseImageOverrides: v.optional(v.record(v.string(), v.string())),
      builds: v.optional(v.array(v.unknown())),
    }),
    value,
  )
  return parsed.success ? parsed.output : undefined
}

/** ko's own, when nothing says another one. */
const defaultBase = 'cgr.dev/chainguard/static:latest'

/** The ko settings of an artifact. */
export function koOf({ builder }: Pick<Artifact, 'builder'>): KoArtifact {
  if (builder.kind === 'ko') return builder
  throw new Error(`the ko builder does not build ${builder.kind} artifacts`)
}

/** Where Go is run: the folder with go.mod. */
export function koFolder(contextFolder: string, { dir = '.' }: KoArtifact): string {
  return resolve(contextFolder, dir)
}

/** The package that is built, as Go wants it: the artifact's name when it is an import path, else a path. */
export function targetOf({ image, builder }: Pick<Artifact, 'image' | 'builder'>): string {
  if (image.startsWith('ko://')) return image.slice('ko://'.length)
  const { main = '.' } = koOf({ builder })
  return main.startsWith('.') || main.startsWith('/') ? main : `./${main}`
}

/** Whether skaffold.yaml says how Go is called; what `.ko.yaml` says of that does not count then. */
export function hasBuildSettings({ dir, main, env, flags, ldflags }: KoArtifact): boolean {
  return [dir, main, env, flags, ldflags].some((one) => one !== undefined)
}

/**
 * What `.ko.yaml` says, `{}` when there is none.
 * @throws CONFIG_YAML_INVALID
 */
export async function readKoFile(folder: string): Promise<KoFile> {
  const path = join(folder, koFileName)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch {
    return {}
  }
  const parsed = parseKoFile(parseYaml(text) ?? {})
  if (parsed !== undefined) return parsed
  throw new ToolError('CONFIG_YAML_INVALID', `${path} is no configuration of ko`, {
    where: path,
    hint: 'see https://ko.build/configuration',
  })
}

export const koFileName = '.ko.yaml'

function parseYaml(text: string): unknown {
  try {
    return load(text, { schema: CORE_SCHEMA })
  } catch {
    return 'no YAML'
  }
}

/** The base image as it is named: what the artifact says comes first, then what is said to ko. */
export function baseOf(
  { fromImage }: KoArtifact,
  { defaultBaseImage, baseImageOverrides = {} }: KoFile,
  {
    importPath,
    env,
  }: { readonly importPath?: string; readonly env?: Readonly<Record<string, string | undefined>> } = {},
): string {
  const forPath = importPath === undefined ? undefined : baseImageOverrides[importPath]
  return fromImage ?? forPath ?? env?.['KO_DEFAULTBASEIMAGE'] ?? defaultBaseImage ?? defaultBase
}

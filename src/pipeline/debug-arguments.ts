import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Artifact } from '../config/index.ts'

const goFlags = 'all=-N -l'

/** Build arguments that Dockerfiles ask for to build for debuggers, as in Skaffold. */
const debugArguments: Readonly<Record<string, string>> = {
  SKAFFOLD_RUN_MODE: 'debug',
  SKAFFOLD_GO_GCFLAGS: goFlags,
}

/** The artifact as its builder has to be told to make a program that debuggers understand. */
export async function buildForDebuggers(artifact: Artifact, contextFolder: string): Promise<Artifact> {
  const { builder } = artifact
  if (builder.kind === 'ko') {
    return { ...artifact, builder: { ...builder, flags: [...(builder.flags ?? []), `-gcflags=${goFlags}`] } }
  }
  if (builder.kind === 'buildpacks') {
    return { ...artifact, builder: { ...builder, env: [`GOOGLE_GOGCFLAGS=${goFlags}`, ...(builder.env ?? [])] } }
  }
  if (builder.kind !== 'docker' && builder.kind !== 'kaniko') return artifact
  const subPath = builder.kind === 'kaniko' ? (builder.contextSubPath ?? '.') : '.'
  const text = await textOf(resolve(contextFolder, subPath, builder.dockerfile))
  const declared = new Set([...text.matchAll(/^[ \t]*ARG[ \t]+(\w+)/gim)].map(([, name]) => name))
  const wanted = Object.entries(debugArguments).filter(([name]) => declared.has(name))
  return { ...artifact, builder: { ...builder, buildArgs: { ...Object.fromEntries(wanted), ...builder.buildArgs } } }
}

/** The builder says what is wrong with a Dockerfile that cannot be read. */
async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}

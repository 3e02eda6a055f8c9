import { resolve } from 'node:path'
import * as v from 'valibot'
import type { CustomArtifact } from '../../../config/index.ts'
import { ToolError } from '../../../errors/index.ts'
import type { BaseInspector } from '../../../inspect/index.ts'
import { runForOutput, type RunProcess } from '../../../subprocess/index.ts'
import { listFiles } from '../../../workspace/index.ts'
import type { Builder } from '../../contract.ts'
import { dependenciesOf as dockerfileDependencies } from '../native/dependencies.ts'
import { hostPlatform } from '../native/host-platform.ts'

type Request = Parameters<Builder['dependencies']>[0]

interface Outside {
  readonly runProcess: RunProcess
  readonly env: Readonly<Record<string, string | undefined>>
  readonly bases?: BaseInspector
}

const fileList = v.array(v.string())

/**
 * What a script depends on, as the artifact says it: by patterns, by a command that prints a JSON list, or by the
 * Dockerfile that the script uses.
 * @throws BUILD_DEPENDENCIES_INVALID, PROGRAM_FAILED, PROGRAM_MISSING for the command
 * @throws WORKSPACE_NO_MATCH for a pattern without files
 */
export async function dependenciesOf(request: Request, outside: Outside): Promise<readonly string[]> {
  const { artifact, contextFolder, signal } = request
  const { builder } = artifact
  if (builder.kind !== 'custom') throw new Error(`the custom builder does not build ${builder.kind} artifacts`)
  const { bases } = outside
  const { dockerfile, command, paths = [], ignore = [] } = builder.dependencies
  if (dockerfile !== undefined) {
    const asDocker = { kind: 'docker', dockerfile: dockerfile.path, buildArgs: dockerfile.buildArgs } as const
    return dockerfileDependencies(
      { ...request, artifact: { ...artifact, builder: asDocker } },
      { host: hostPlatform(), ...(bases === undefined ? {} : { bases }) },
    )
  }
  if (command !== undefined) return byCommand(command, request, outside)
  return listFiles(contextFolder, { paths, ignore, signal })
}

/** Words are separated by spaces and no shell looks at them, as in Skaffold. */
async function byCommand(
  line: CustomArtifact['buildCommand'],
  { artifact, contextFolder, signal }: Request,
  { runProcess, env }: Outside,
): Promise<readonly string[]> {
  const [command = '', ...args] = line.split(' ').filter((word) => word !== '')
  const output = await runForOutput(runProcess, { command, args, env, signal })
  const paths = v.safeParse(fileList, parseJson(output))
  if (paths.success) return [...new Set(paths.output.map((path) => resolve(contextFolder, path)))].sort()
  throw new ToolError(
    'BUILD_DEPENDENCIES_INVALID',
    `the dependencies.command of ${artifact.image} did not print a JSON list of paths: ${line}`,
    { hint: 'let it print something like ["src/main.go", "go.mod"]' },
  )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

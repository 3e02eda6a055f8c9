import { ToolError } from '../../../errors/index.ts'
import { formatFamiliar } from '../../../reference/index.ts'
import type { Registry } from '../../../registry/index.ts'
import type { BuildRequest } from '../../contract.ts'
import type { EngineOutside } from './run-engine.ts'

/**
 * The digest of what a program has pushed under the name it was given, or the id that Docker's engine has for it.
 * @throws BUILD_RESULT_INVALID when there is nothing of that name
 */
export async function findMade(
  { artifact, reference, push, signal }: BuildRequest,
  { registry, runProcess, env, cwd }: EngineOutside & { readonly registry: Registry },
): Promise<string> {
  const name = formatFamiliar(reference)
  if (push) {
    const found = await registry.resolve(reference, signal)
    if (found !== undefined) return found.digest
  } else {
    const args = ['image', 'inspect', '--format', '{{.Id}}', name]
    const outcome = await runProcess({ command: 'docker', args, env, cwd, signal })
    if (outcome.status === 0) return outcome.stdout.trim()
  }
  const where = push ? 'its registry' : "Docker's engine"
  throw new ToolError(
    'BUILD_RESULT_INVALID',
    `the build of ${artifact.image} ended well, and ${where} has no ${name}`,
    {
      hint: 'look at its output for the name that it gave to the image',
    },
  )
}

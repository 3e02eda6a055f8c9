import type { Google } from '../google/index.ts'
import type { RunProcess } from '../subprocess/index.ts'
import type { Closing } from './closing.ts'
import type { Invocation } from './command.ts'

/** Opens Google's APIs; credentials are looked for at the first call. */
export async function openGoogle(
  { env, cwd }: Pick<Invocation, 'cwd' | 'env'>,
  { runProcess, closing }: { readonly runProcess: RunProcess; readonly closing: Closing },
): Promise<Google> {
  const { connectGoogle } = await import('../google/index.ts')
  const google = connectGoogle({ env, cwd, runProcess })
  closing.add(() => google.close())
  return google
}

import { readFile, rm, writeFile } from 'node:fs/promises'
import { ToolError } from '../errors/index.ts'
import { contextName } from './kubeconfig.ts'

/**
 * Writes a sandbox's kubeconfig and gives what takes it away again. Only another sandbox's is written over: the user's
 * own may be all they have.
 * @throws FILE_UNWRITABLE
 */
export async function putKubeconfig(path: string, kubeconfig: string): Promise<() => Promise<void>> {
  const old = await readOld(path)
  if (old !== undefined && old !== '' && !old.includes(contextName)) {
    throw new ToolError('FILE_UNWRITABLE', `${path} is there already, and is no sandbox's kubeconfig`, {
      hint: 'name another file with --kubeconfig-output',
    })
  }
  try {
    await writeFile(path, kubeconfig, { mode: 0o600 })
  } catch (error) {
    throw unwritable(path, error)
  }
  return async () => {
    // another sandbox may have taken the place in the meantime
    if ((await readOld(path)) === kubeconfig) await rm(path, { force: true })
  }
}

async function readOld(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unwritable(path, error)
  }
}

function unwritable(path: string, cause: unknown): ToolError {
  return new ToolError('FILE_UNWRITABLE', `cannot write the kubeconfig ${path}`, {
    hint: 'name another file with --kubeconfig-output',
    cause,
  })
}

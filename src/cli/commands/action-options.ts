import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { ActionOptions } from '../../pipeline/index.ts'
import type { Invocation } from '../command.ts'
import { parseEnvFile } from '../env-file.ts'
import type { Flag } from '../flags/index.ts'
import { readGivenImages } from './given-images.ts'
import { readSetters } from './render-inputs.ts'

/** Flags of the commands that run containers to their end. */
export const actionFlags: readonly Flag[] = [
  {
    name: 'docker-network',
    type: 'string',
    placeholder: 'network',
    description: 'Docker network of containers that run on this machine',
  },
  {
    name: 'env-file',
    type: 'string',
    placeholder: 'file',
    description: 'File with KEY=VALUE lines that are set in every container',
  },
]

/** What these flags, and those for images, ask for. */
export async function actionOptions(invocation: Invocation): Promise<ActionOptions> {
  const { flags, cwd } = invocation
  const [network, namespace, file] = [flags.text('docker-network'), flags.text('namespace'), flags.text('env-file')]
  return {
    given: (await readGivenImages(invocation)) ?? [],
    env: {
      ...(file === undefined ? {} : parseEnvFile(await readFile(resolve(cwd, file), 'utf8'))),
      ...(await readSetters(invocation)),
    },
    ...(network === undefined ? {} : { network }),
    ...(namespace === undefined ? {} : { namespace }),
  }
}

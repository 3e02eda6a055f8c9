import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { findVersion } from '../../config/index.ts'
import type { Command, Invocation } from '../command.ts'
import { globalFlags } from './shared-flags.ts'

export const findConfigsCommand: Command = {
  name: 'find-configs',
  summary: 'Find the Skaffold configurations in a folder',
  description: 'Prints every YAML file below a folder that can be read as a configuration, with its version.',
  examples: [
    { text: 'below this folder', command: 'catamaran find-configs' },
    { text: 'elsewhere, as JSON', command: 'catamaran find-configs -d services -o json' },
  ],
  flags: [
    {
      name: 'directory',
      shorthand: 'd',
      type: 'string',
      default: '.',
      placeholder: 'folder',
      description: 'Folder to search',
    },
    {
      name: 'output',
      shorthand: 'o',
      type: 'string',
      default: 'table',
      choices: ['table', 'json'],
      description: 'How the list is printed',
    },
    ...globalFlags,
  ],
  maxArguments: 0,
  answersOnStdout: true,
  async run(invocation) {
    const { flags, terminal } = invocation
    const found = await findConfigs(invocation)
    const isJson = flags.text('output') === 'json' || flags.text('format') === 'json'
    terminal.stdout.write(
      isJson
        ? `${JSON.stringify(Object.fromEntries(found), undefined, '\t')}\n`
        : found.map(([path, version]) => `${path.padEnd(70)}\t${version.padEnd(30)}\n`).join(''),
    )
  },
}

async function findConfigs({ flags, cwd, signal }: Invocation): Promise<readonly (readonly [string, string])[]> {
  const { findFiles } = await import('../../workspace/index.ts')
  const folder = flags.text('directory') ?? '.'
  const files = (await findFiles(resolve(cwd, folder), { signal })).filter((path) => /\.ya?ml$/.test(path))
  const versions = files.map(async (path): Promise<readonly (readonly [string, string])[]> => {
    const version = findVersion(await readFile(resolve(cwd, folder, path), 'utf8'), path)
    return version === undefined ? [] : [[join(folder, path), version]]
  })
  return (await Promise.all(versions)).flat()
}

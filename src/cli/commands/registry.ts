import { resolve } from 'node:path'
import { ToolError } from '../../errors/index.ts'
import type { Command } from '../command.ts'
import { serveRegistry } from '../serve-registry.ts'
import { untilAborted } from '../until-aborted.ts'
import { answerJson } from './answer.ts'
import { globalFlags } from './shared-flags.ts'

export const registryCommand: Command = {
  name: 'registry',
  summary: 'Serve an embedded registry',
  description:
    'Serves an OCI registry on loopback until Ctrl+C. docker, crane, skopeo and catamaran can push to it and pull from it.',
  usage: 'serve',
  examples: [
    { text: 'in memory, on a free port', command: 'catamaran registry serve' },
    { text: 'kept in a folder', command: 'catamaran registry serve --port=5000 --data=./registry' },
  ],
  flags: [
    { name: 'port', type: 'int', default: '0', max: 65_535, description: 'Port on 127.0.0.1; 0 takes a free one' },
    {
      name: 'data',
      type: 'string',
      placeholder: 'folder',
      description: 'Keep images in this folder instead of in memory',
    },
    ...globalFlags,
  ],
  maxArguments: 1,
  answersOnStdout: false,
  runsUntilStopped: true,
  async run(invocation) {
    const { args, flags, cwd, terminal, signal, emit } = invocation
    if (args[0] !== 'serve') {
      throw new ToolError('USAGE', 'registry needs "serve"', { hint: 'catamaran registry serve' })
    }
    const folder = flags.text('data')
    const registry = await serveRegistry({
      port: flags.int('port') ?? 0,
      emit,
      ...(folder === undefined ? {} : { folder: resolve(cwd, folder) }),
    })
    try {
      answerJson(invocation, { registry: registry.host })
      if (flags.text('format') !== 'json') terminal.stdout.write(`registry  ${registry.host}\nPress Ctrl+C to stop\n`)
      await untilAborted(signal)
    } finally {
      await registry.close()
    }
  },
}

import { resolve } from 'node:path'
import { ToolError } from '../../errors/index.ts'
import type { Command, Invocation } from '../command.ts'
import { serveRegistry } from '../serve-registry.ts'
import { untilAborted } from '../until-aborted.ts'
import { answerJson } from './answer.ts'
import { globalFlags } from './shared-flags.ts'

export const registryCommand: Command = {
  name: 'registry',
  summary: 'Serve an embedded registry',
  description:
    'Serves an OCI registry until Ctrl+C. docker, buildx, podman, containerd, crane, skopeo, oras and catamaran can push to it and\npull from it. It asks nobody for a password: on another address than loopback, everybody who reaches it may push and delete.',
  usage: 'serve',
  examples: [
    { text: 'in memory, on a free port', command: 'catamaran registry serve' },
    {
      text: 'kept in a folder',
      command: 'catamaran registry serve --listen=127.0.0.1:5000 --storage=./registry',
    },
  ],
  flags: [
    {
      name: 'listen',
      type: 'string',
      default: '127.0.0.1:0',
      placeholder: 'address',
      description: 'Address and port, a port alone is on 127.0.0.1; port 0 takes a free one',
    },
    {
      name: 'storage',
      type: 'string',
      default: 'memory',
      placeholder: 'folder|memory',
      description: 'Keep images in this folder, which is an OCI layout, or in memory',
    },
    { name: 'port', type: 'int', default: '0', max: 65_535, hidden: true, description: 'Port on 127.0.0.1' },
    { name: 'data', type: 'string', placeholder: 'folder', hidden: true, description: 'The same as --storage' },
    ...globalFlags,
  ],
  maxArguments: 1,
  answersOnStdout: false,
  runsUntilStopped: true,
  async run(invocation) {
    const { args, flags, terminal, signal, emit } = invocation
    if (args[0] !== 'serve') {
      throw new ToolError('USAGE', 'registry needs "serve"', { hint: 'catamaran registry serve' })
    }
    const registry = await serveRegistry({ ...placeOf(invocation), emit })
    try {
      answerJson(invocation, { registry: registry.host })
      if (flags.text('format') !== 'json') terminal.stdout.write(`registry  ${registry.host}\nPress Ctrl+C to stop\n`)
      await untilAborted(signal)
    } finally {
      await registry.close()
    }
  },
}

function placeOf({ flags, cwd }: Invocation): {
  readonly host: string
  readonly port: number
  readonly folder?: string
} {
  const storage = flags.text('data') ?? flags.text('storage') ?? 'memory'
  const listen = flags.isSet('port') ? String(flags.int('port')) : (flags.text('listen') ?? '')
  return { ...parseListen(listen), ...(storage === 'memory' ? {} : { folder: resolve(cwd, storage) }) }
}

/** `127.0.0.1:5000`, `[::1]:5000`, `:5000` for all addresses, `5000`. */
function parseListen(text: string): { readonly host: string; readonly port: number } {
  const match = /^(?:(?:\[([\da-f:.]+)\]|([\w.-]*)):)?(\d{1,5})$/i.exec(text)
  const port = Number(match?.[3])
  if (match === null || port > 65_535) {
    throw new ToolError('USAGE', `--listen=${text} is no address to listen on`, {
      hint: 'write it as 127.0.0.1:5000, [::1]:5000, or :5000 for all addresses',
    })
  }
  const isPortOnly = !text.includes(':')
  return { host: isPortOnly ? '127.0.0.1' : (match[1] ?? match[2] ?? ''), port }
}

import { logOut } from '../../pipeline/login/index.ts'
import type { Command } from '../command.ts'
import { answerJson } from './answer.ts'
import { withImages } from './image-session.ts'
import { registryName } from './registry-name.ts'
import { globalFlags } from './shared-flags.ts'

export const logoutCommand: Command = {
  name: 'logout',
  summary: 'Forget the login to a registry',
  description: "Takes a login out of docker's configuration and its credential helper.",
  usage: '[REGISTRY]',
  examples: [{ text: 'one registry', command: 'catamaran logout reg.example.com' }],
  flags: globalFlags,
  maxArguments: 1,
  answersOnStdout: true,
  async run(invocation) {
    const { flags, terminal, args } = invocation
    const registry = registryName(args[0])
    const wasLoggedIn = await withImages(invocation, [], async (context) => logOut(context, registry))
    answerJson(invocation, { registry, wasLoggedIn })
    if (flags.text('format') === 'json') return
    const text = wasLoggedIn ? `Removing login credentials for ${registry}` : `Not logged in to ${registry}`
    terminal.stdout.write(`${text}\n`)
  },
}

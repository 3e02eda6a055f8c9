import { ToolError } from '../../errors/index.ts'
import type { Command } from '../command.ts'
import { completionScript, completionShells } from '../completion.ts'
import { globalFlags } from './shared-flags.ts'

export const completionCommand: Command = {
  name: 'completion',
  summary: 'Print a completion script for bash, zsh, fish or PowerShell',
  description: 'Prints a script that completes commands and flags. Load it from your shell’s start-up file.',
  usage: 'bash|zsh|fish|powershell',
  examples: [
    { text: 'bash, in this shell', command: 'source <(catamaran completion bash)' },
    { text: 'fish, for good', command: 'catamaran completion fish > ~/.config/fish/completions/catamaran.fish' },
  ],
  flags: globalFlags,
  maxArguments: 1,
  answersOnStdout: true,
  async run({ args, terminal }) {
    const shell = completionShells.find((name) => name === args[0])
    if (shell === undefined) {
      throw new ToolError('USAGE', `completion needs a shell, not "${args[0] ?? ''}"`, {
        hint: `catamaran completion ${completionShells.join('|')}`,
      })
    }
    const { loadCommands } = await import('./table.ts')
    terminal.stdout.write(completionScript(shell, await loadCommands()))
  },
}

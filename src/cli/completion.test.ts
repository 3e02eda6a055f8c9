import { execFileSync } from 'node:child_process'
import { describe, expect, test, vi } from 'vitest'
import { loadCommands } from './commands/table.ts'
import { completionScript } from './completion.ts'

// everything that a command loads is compiled at its first call
vi.setConfig({ testTimeout: 30_000 })

const commands = await loadCommands()

/** What bash offers at the end of a line. */
function offered(line: string): readonly string[] {
  const words = line.split(' ')
  const script = `${completionScript('bash', commands)}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _catamaran
printf '%s\\n' "\${COMPREPLY[@]}"`
  return execFileSync('bash', ['-c', script], { encoding: 'utf8', cwd: import.meta.dirname })
    .trim()
    .split('\n')
}

describe('bash', () => {
  test.each([
    ['catamaran di', ['diagnose']],
    ['catamaran config ', ['set', 'unset', 'list']],
    ['catamaran inspect build-env ', ['list', 'add', 'modify']],
    ['catamaran inspect build-env add l', ['local']],
    ['catamaran inspect build-env add local --tryI', ['--tryImportMissing']],
    ['catamaran build --default-r', ['--default-repo=']],
  ])('%s', (line, words) => {
    expect(offered(line)).toEqual(words)
  })
})

test.each(['zsh', 'fish', 'powershell'] as const)('%s knows every command and flag', (shell) => {
  const script = completionScript(shell, commands)
  for (const { name, flags } of commands) {
    expect(script).toContain(name.split(' ').at(-1))
    for (const flag of flags.filter((one) => one.hidden !== true)) expect(script).toContain(flag.name)
  }
})

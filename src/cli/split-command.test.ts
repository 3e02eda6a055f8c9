import { expect, test } from 'vitest'
import { splitCommand } from './split-command.ts'

test.each([
  ['build -t v1', 'build', ['-t', 'v1']],
  ['-v info build', 'build', ['-v', 'info']],
  ['manifest create a b', 'manifest create', ['a', 'b']],
  ['--progress plain manifest --insecure create a', 'manifest create', ['--progress', 'plain', '--insecure', 'a']],
  ['manifest', 'manifest', []],
  ['manifest --help', 'manifest', ['--help']],
  ['help manifest create', 'manifest create', ['--help']],
  ['help build create', 'build', ['--help']],
  ['build manifest', 'build', ['manifest']],
  ['--version', 'version', []],
  ['-h', undefined, ['-h']],
])('%s is %s', (line, name, argv) => {
  expect(splitCommand(line.split(' '), ['manifest'])).toEqual({ name, argv })
})

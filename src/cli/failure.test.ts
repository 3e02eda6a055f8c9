import { expect, test } from 'vitest'
import { ToolError } from '../errors/index.ts'
import { describeFailure, exitCodeOf } from './failure.ts'
import { createStyle } from './style.ts'

const style = createStyle(false)

test('an error has four parts', () => {
  const cause = new Error('connect ECONNREFUSED')
  const error = new ToolError('PLATFORM_INVALID', 'what happened', { where: 'a.yaml:3:5', hint: 'do this', cause })
  expect(describeFailure(error, style).split('\n').slice(0, 4)).toEqual([
    'error PLATFORM_INVALID: what happened',
    '  at a.yaml:3:5',
    '  because: connect ECONNREFUSED',
    'fix: do this',
  ])
  expect(describeFailure(error, style)).toMatch(/docs: .*errors\.md#platform_invalid$/)
  expect(exitCodeOf(error)).toBe(1)
})

test.each([
  [new ToolError('USAGE', 'x'), 127],
  [new ToolError('ABORTED', 'x'), 130],
  [Object.assign(new Error('aborted'), { name: 'AbortError' }), 130],
  [new Error('oops'), 70],
  ['thrown text', 70],
  [Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }), 1],
  [Object.assign(new Error('EACCES'), { code: 'EACCES', path: '/x' }), 1],
])('%s exits with %d', (error, code) => {
  expect(exitCodeOf(error)).toBe(code)
})

test.each([
  ['open', 'EACCES', 'error FILE_UNREADABLE: cannot read /a/b', 'fix: check who owns the path'],
  ['open', 'ENOENT', 'error FILE_UNREADABLE: cannot read /a/b', 'fix: check the path'],
  ['mkdir', 'EACCES', 'error FILE_UNWRITABLE: no permission for /a/b', 'fix: check who owns the path'],
  ['open', 'EROFS', 'error FILE_UNWRITABLE: no permission for /a/b', 'fix: check who owns the path'],
  ['mkdtemp', 'ENOENT', 'error FILE_UNWRITABLE: cannot make a temporary folder in /a', 'fix: set TMPDIR to a folder'],
])('%s that fails with %s is told as a matter of the path', (syscall, code, what, fix) => {
  const text = describeFailure(Object.assign(new Error(`${code}: no`), { code, syscall, path: '/a/b' }), style)
  expect(text.split('\n')[0]).toBe(what)
  expect(text).toContain(fix)
})

test('a full disk has a fix, a bug asks to be reported, secrets stay out', () => {
  expect(describeFailure(Object.assign(new Error('ENOSPC: no space'), { code: 'ENOSPC' }), style)).toContain(
    'fix: free some space',
  )
  const bug = describeFailure(new Error('https://u:p@host failed'), style)
  expect(bug).toContain('this is a bug in catamaran')
  expect(bug).not.toContain('u:p@')
})

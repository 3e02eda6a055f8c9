import { describe, expect, test } from 'vitest'
import type { HealthcheckInstruction, Location } from '../../../dockerfile/index.ts'
import { parseMode } from './file-mode.ts'
import { commandLine, healthcheckLine } from './history.ts'
import { hostPlatform } from './host-platform.ts'
import { expandPorts } from './ports.ts'
import { isSignal } from './signals.ts'

const at: Location = { file: 'D', line: 1, endLine: 1 }

describe('modes', () => {
  test.each([
    ['755', 0o644, 0o755],
    ['0', 0o644, 0],
    ['07777', 0o644, 0o7777],
    ['u=rwx,go=rx', 0, 0o755],
    ['a+x', 0o644, 0o755],
    ['+x', 0o640, 0o751],
    ['go-w', 0o777, 0o755],
    ['u=rwX', 0o644, 0o644],
    ['u=rwX', 0o611, 0o711],
    ['g=u', 0o740, 0o770],
    ['o=', 0o777, 0o770],
    ['u+s', 0o755, 0o4755],
    ['g+s', 0o755, 0o2755],
    ['+t', 0o755, 0o1755],
    ['u+x-w', 0o600, 0o500],
  ])('%s', (text, before, after) => {
    expect(parseMode(text)?.(before, 'file').toString(8)).toBe(after.toString(8))
  })

  test('X is for folders and for what can be executed', () => {
    expect(parseMode('a+X')?.(0o600, 'directory')).toBe(0o711)
    expect(parseMode('a+X')?.(0o600, 'file')).toBe(0o600)
  })

  test.each(['', '8', '10000', 'rwx', 'u=q', 'u', 'u=r,', 'a b'])('"%s" is none', (text) => {
    expect(parseMode(text)).toBeUndefined()
  })
})

describe('ports', () => {
  test.each([
    ['80', ['80/tcp']],
    ['53/UDP', ['53/udp']],
    ['1-3/sctp', ['1/sctp', '2/sctp', '3/sctp']],
    ['8080:80', ['80/tcp']],
    ['127.0.0.1:8080:80/udp', ['80/udp']],
  ])('%s', (text, expected) => {
    expect(expandPorts([text], at)).toEqual(expected)
  })

  test.each(['', 'x', '80/x', '3-1', '65536', '1-', '-1', '80/tcp/udp/'])('"%s" is none', (text) => {
    expect(() => expandPorts([text], at)).toThrow(expect.objectContaining({ code: 'DOCKERFILE_INVALID' }))
  })
})

test.each([
  ['SIGTERM', true],
  ['term', true],
  ['9', true],
  ['RTMIN+3', true],
  ['SIGRTMAX-14', true],
  ['0', false],
  ['65', false],
  ['SIGNOPE', false],
  ['', false],
])('the signal %s: %s', (text, expected) => {
  expect(isSignal(text)).toBe(expected)
})

test.each([
  [['a', 'b c'], 'CMD ["a" "b c"]'],
  [['"\\\n\t\u0001é\u200b'], 'CMD ["\\"\\\\\\n\\t\\x01é\\u200b"]'],
  [[], 'CMD []'],
])('the history of %j', (words, line) => {
  expect(commandLine('CMD', words)).toBe(line)
})

test.each<[Partial<HealthcheckInstruction>, string]>([
  [{ test: ['NONE'] }, 'HEALTHCHECK &{["NONE"] "0s" "0s" "0s" "0s" \'\\x00\'}'],
  [{ interval: 90e9, retries: 65 }, 'HEALTHCHECK &{["CMD" "a"] "1m30s" "0s" "0s" "0s" \'A\'}'],
  [{ startInterval: 5e8, retries: 39 }, 'HEALTHCHECK &{["CMD" "a"] "0s" "0s" "0s" "500ms" \'\\\'\'}'],
])('the history of a health check %j', (more, line) => {
  const none = { interval: 0, timeout: 0, startPeriod: 0, startInterval: 0, retries: 0 }
  expect(healthcheckLine({ kind: 'healthcheck', test: ['CMD', 'a'], ...none, ...more })).toBe(line)
})

test.each([
  ['x64', 'amd64'],
  ['arm64', 'arm64'],
  ['ia32', '386'],
  ['ppc64', 'ppc64le'],
  ['riscv64', 'riscv64'],
])('Node on %s builds on linux/%s', (architecture, expected) => {
  expect(hostPlatform(architecture)).toEqual({ os: 'linux', architecture: expected })
})

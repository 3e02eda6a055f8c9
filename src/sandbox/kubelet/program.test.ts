import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tinyElf, type TinyArchitecture } from '../../../test/support/tiny-elf.ts'
import { judgeProgram } from './program.ts'

let root: string

function put(path: string, content: string | Uint8Array, mode = 0o755): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), content)
  chmodSync(join(root, path), mode)
}

const program = (architecture: TinyArchitecture): Buffer => tinyElf({ architecture, afterwards: { exit: 0 } })

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'catamaran-program-'))
  put('app', program('amd64'))
  put('bin/tool', program('amd64'))
  put('arm', program('arm64'))
  put('small', program('386'))
  put('plain', program('amd64'), 0o644)
  put('script', '#!/bin/tool -x\necho\n')
  put('armscript', '#! /arm\n')
  put('lost', '#!/bin/nothing\n')
  put('text', 'echo hello\n')
  put('empty', '')
  mkdirSync(join(root, 'folder'))
  symlinkSync('/bin/tool', join(root, 'link'))
  symlinkSync('link-b', join(root, 'link-a'))
  symlinkSync('link-a', join(root, 'link-b'))
  symlinkSync('../../../../app', join(root, 'bin/out'))
})

afterAll(() => rmSync(root, { recursive: true }))

function judge(argv: readonly string[], { architecture = 'amd64', os = 'linux', workingDir = '/' } = {}): string {
  const verdict = judgeProgram({ root, argv, path: '/sbin:/bin', workingDir, platform: { os, architecture } })
  if (verdict.kind === 'runnable') return 'runnable'
  return verdict.kind === 'execError' ? verdict.log : (/process: (.*)$/.exec(verdict.message)?.[1] ?? verdict.message)
}

describe('a program', () => {
  test.each([
    ['of the node’s architecture runs', ['/app'], 'runnable'],
    ['is found in PATH', ['tool'], 'runnable'],
    ['may be a link', ['/link'], 'runnable'],
    ['may be a link that would lead out of the image', ['/bin/out'], 'runnable'],
    ['may be a script', ['/script'], 'runnable'],
    ['of 32 bits runs on its 64-bit processor', ['/small'], 'runnable'],
    ['of another architecture does not', ['/arm'], 'exec /arm: exec format error'],
    ['may be a script for one', ['/armscript'], 'exec /armscript: exec format error'],
    ['that is text is refused', ['/text'], 'exec /text: exec format error'],
    ['that is empty is refused', ['/empty'], 'exec /empty: exec format error'],
    ['may need something that is not there', ['/lost'], 'exec /lost: no such file or directory'],
    ['may be missing', ['/nope'], 'exec: "/nope": stat /nope: no such file or directory'],
    ['may be missing in PATH', ['nope'], 'exec: "nope": executable file not found in $PATH'],
    ['may be a folder', ['/folder'], 'exec: "/folder": is a directory'],
    ['may not be executable', ['/plain'], 'exec: "/plain": permission denied'],
    ['may be a link to itself', ['/link-a'], 'exec: "/link-a": stat /link-a: no such file or directory'],
    ['may not be named at all', [], 'no command specified'],
  ])('%s', (_, argv, expected) => {
    expect(judge(argv)).toBe(expected)
  })

  test('is looked for from the working folder', () => {
    expect(judge(['./tool'], { workingDir: '/bin' })).toBe('runnable')
  })

  test.each([
    ['arm64', '/app', 'exec /app: exec format error'],
    ['arm64', '/arm', 'runnable'],
    ['s390x', '/small', 'exec /small: exec format error'],
  ])('on %s: %s', (architecture, path, expected) => {
    expect(judge([path], { architecture })).toBe(expected)
  })

  test('of another operating system is not judged', () => {
    expect(judge(['/text'], { os: 'windows' })).toBe('runnable')
  })
})

describe('a program in a volume', () => {
  const platform = { os: 'linux', architecture: 'amd64' }
  const judgeMounted = (argv: readonly string[], source: string | undefined): string => {
    const mounts = [{ target: '/dbg', source }]
    return judgeProgram({ root, argv, path: '/dbg/bin', workingDir: '/dbg', platform, mounts }).kind
  }
  test.each([
    ['is found by its path', ['/dbg/app'], 'runnable'],
    ['is found from the working folder', ['./app'], 'runnable'],
    ['is found in PATH', ['tool'], 'runnable'],
    ['has to be there', ['/dbg/nope'], 'startError'],
    ['has to be for the node', ['/dbg/arm'], 'execError'],
    ['does not hide the image', ['/app'], 'runnable'],
  ])('%s', (_, argv, kind) => expect(judgeMounted(argv, root)).toBe(kind))

  test('may be there where nothing is run that would put it there', () => {
    expect(judgeMounted(['/dbg/nope'], undefined)).toBe('runnable')
    expect(judgeMounted(['/nope'], undefined)).toBe('startError')
  })
})

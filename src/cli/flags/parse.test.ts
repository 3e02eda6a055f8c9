import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isToolError } from '../../errors/index.ts'
import { parseArguments, type Flag } from './index.ts'
import type { ParsedArguments } from './parse.ts'

const flags: readonly Flag[] = [
  { name: 'tail', type: 'bool', default: 'false', description: '' },
  { name: 'push', type: 'bool', description: '' },
  { name: 'quiet', shorthand: 'q', type: 'bool', default: 'false', description: '' },
  { name: 'profile', shorthand: 'p', type: 'strings', description: '' },
  { name: 'filename', shorthand: 'f', type: 'string', default: 'skaffold.yaml', description: '' },
  { name: 'verbosity', shorthand: 'v', type: 'string', default: 'warn', description: '', choices: ['warn', 'debug'] },
  { name: 'port', type: 'int', default: '5000', max: 65_535, description: '' },
  { name: 'sandbox', type: 'optional', bare: 'default-nodes', description: '' },
]

const parse = (line: string, env: Record<string, string> = {}): ParsedArguments =>
  parseArguments(line === '' ? [] : line.split(' '), flags, env)

describe('pflag rules', () => {
  test.each([
    ['--tail', 'tail', true],
    ['--tail=false', 'tail', false],
    ['--tail=true --tail=false', 'tail', false],
    ['-q', 'quiet', true],
    ['', 'tail', false],
  ])('%s', (line, name, value) => {
    expect(parse(line).flags.bool(name)).toBe(value)
  })

  test('a flag without default is told from false', () => {
    expect(parse('').flags.optionalBool('push')).toBeUndefined()
    expect(parse('--push=false').flags.optionalBool('push')).toBe(false)
  })

  test.each([
    ['-p a,b -p c', ['a', 'b', 'c']],
    ['--profile=a --profile b', ['a', 'b']],
    ['-pa', ['a']],
    ['-p=', []],
  ])('lists: %s', (line, value) => {
    expect(parse(line.replace('-p=', '--profile=')).flags.list('profile')).toEqual(value)
  })

  test.each(['65536', '-1', '1.5', '0x10', ''])('--port=%s is no port', (value) => {
    expect(() => parse(`--port=${value}`)).toThrow('it is a whole number from 0 to 65535')
  })

  test('shorthands group and take values', () => {
    const parsed = parse('-qf other.yaml -v debug run -- --not-a-flag x')
    expect(parsed.flags.bool('quiet')).toBe(true)
    expect(parsed.flags.text('filename')).toBe('other.yaml')
    expect(parsed.flags.text('verbosity')).toBe('debug')
    expect(parsed.args).toEqual(['run'])
    expect(parsed.rest).toEqual(['--not-a-flag', 'x'])
  })

  test('an optional value stands alone or after an equals sign, never before a positional', () => {
    expect(parse('').flags.text('sandbox')).toBeUndefined()
    expect(parse('--sandbox').flags.text('sandbox')).toBe('default-nodes')
    expect(parse('--sandbox=1xlinux/arm64').flags.text('sandbox')).toBe('1xlinux/arm64')
    expect(parse('--sandbox run').args).toEqual(['run'])
    expect(parse('--sandbox=true').flags.text('sandbox')).toBe('default-nodes')
    expect(parse('--sandbox=false', { CATAMARAN_SANDBOX: 'true' }).flags.text('sandbox')).toBeUndefined()
    expect(parse('', { CATAMARAN_SANDBOX: 'true' }).flags.text('sandbox')).toBe('default-nodes')
  })
})

describe('environment', () => {
  test('SKAFFOLD_<NAME> and the own variable are read; a typed flag wins, lists are not added to it', () => {
    expect(parse('', { SKAFFOLD_PROFILE: 'a,b' }).flags.list('profile')).toEqual(['a', 'b'])
    expect(parse('-p c', { SKAFFOLD_PROFILE: 'a,b' }).flags.list('profile')).toEqual(['c'])
    expect(parse('', { CATAMARAN_SANDBOX: '1xlinux/arm64' }).flags.text('sandbox')).toBe('1xlinux/arm64')
    expect(parse('', { SKAFFOLD_TAIL: 'true' }).flags.bool('tail')).toBe(true)
    expect(parse('', { SKAFFOLD_TAIL: 'true' }).flags.isSet('tail')).toBe(true)
    expect(parse('').flags.isSet('tail')).toBe(false)
  })

  test('a bad value names the variable', () => {
    expect(() => parse('', { SKAFFOLD_TAIL: 'maybe' })).toThrow('SKAFFOLD_TAIL')
  })
})

describe('mistakes', () => {
  test.each([
    ['--tial', 'unknown flag: --tial', 'did you mean --tail?'],
    ['--zzzzzz', 'unknown flag: --zzzzzz', 'see --help'],
    ['-z', 'unknown shorthand flag: -z', 'see --help'],
    ['--tail=maybe', 'invalid argument "maybe" for --tail', '--tail=true or --tail=false'],
    ['--port x', 'invalid argument "x" for --port', 'write --port=10'],
    ['-v loud', 'invalid argument "loud"', 'use one of warn, debug'],
    ['--filename', 'flag needs an argument', '--filename='],
    ['--minikube-profile', 'does not support', 'docker-env'],
  ])('%s', (line, message, hint) => {
    expect(() => parse(line)).toThrow(message)
    try {
      parse(line)
    } catch (error) {
      expect(isToolError(error, 'USAGE') && error.hint).toContain(hint)
    }
  })

  test('any arguments parse or are refused with USAGE', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.stringMatching(/^--?[a-z=]{0,8}$/))), (argv) => {
        try {
          parseArguments(argv, flags, {})
        } catch (error) {
          expect(isToolError(error, 'USAGE')).toBe(true)
        }
      }),
    )
  })
})

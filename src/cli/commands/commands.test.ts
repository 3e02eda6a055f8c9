import { describe, expect, test } from 'vitest'
import { commandHelp } from '../help.ts'
import { parseArguments, type ParsedFlags } from '../flags/index.ts'
import { createStyle } from '../style.ts'
import { buildOptions, deployOptions, renderOptions } from './options.ts'
import { commandSummaries, groupNames, loadCommand, loadCommands, summariesOf } from './table.ts'

const commands = await loadCommands()
const listed = [
  ...commandSummaries,
  ...groupNames.flatMap((group) =>
    (summariesOf(group) ?? []).map(({ name, summary }) => ({ name: `${group} ${name}`, summary })),
  ),
]

describe('the command table', () => {
  test.each(commands.map((command) => [command.name, command] as const))('%s', (name, command) => {
    expect(listed).toContainEqual({ name, summary: command.summary })
    const names = command.flags.map((flag) => flag.name)
    const shorthands = command.flags.flatMap((flag) => flag.shorthand ?? [])
    expect(new Set(names).size).toBe(names.length)
    expect(new Set(shorthands).size).toBe(shorthands.length)
    for (const example of command.examples) expect(example.command).toMatch(/catamaran|KUBECONFIG=/)
    for (const flag of command.flags) expect(flag.description).toMatch(/^[A-Z].*[^.]$|^json /)
    const help = commandHelp(command, createStyle(false), 80)
    for (const flag of command.flags) expect(help.includes(`--${flag.name}`)).toBe(flag.hidden !== true)
  })

  test('defaults are values that the flags take', () => {
    for (const command of commands) {
      for (const flag of command.flags) {
        if (flag.default === undefined) continue
        expect(() => parseArguments([`--${flag.name}=${flag.default}`], command.flags, {})).not.toThrow()
      }
    }
  })

  test.each([
    ['build', 'b', 'build-image'],
    ['build', 'o', 'output'],
    ['build', 'q', 'quiet'],
    ['build', 't', 'tag'],
    ['render', 'o', 'output'],
    ['render', 'a', 'build-artifacts'],
    ['deploy', 'a', 'build-artifacts'],
    ['deploy', 'i', 'images'],
    ['deploy', 't', 'tag'],
    ['deploy', 'n', 'namespace'],
    ['deploy', 'l', 'label'],
    ['run', 'd', 'default-repo'],
    ['run', 'f', 'filename'],
    ['run', 'm', 'module'],
    ['run', 'p', 'profile'],
    ['run', 'v', 'verbosity'],
  ])("%s -%s is Skaffold's --%s", async (name, shorthand, long) => {
    const command = await loadCommand(name)
    expect(command?.flags.find((flag) => flag.shorthand === shorthand)?.name).toBe(long)
  })
})

async function flagsOf(line: string, env: Record<string, string> = {}): Promise<ParsedFlags> {
  const [name = '', ...argv] = line.split(' ')
  const command = await loadCommand(name)
  if (command === undefined) throw new Error(`no command ${name}`)
  return parseArguments(argv, command.flags, env).flags
}

describe('what flags ask for', () => {
  test.each([
    ['run', { onlyOnePlatform: false, checkCluster: true, platforms: [] }],
    ['dev', { onlyOnePlatform: true, checkCluster: true }],
    ['build', { onlyOnePlatform: false, checkCluster: false }],
    ['render', { onlyOnePlatform: false, checkCluster: false }],
    ['build --check-cluster-node-platforms', { checkCluster: true }],
    ['dev --disable-multi-platform-build=false', { onlyOnePlatform: false }],
    ['build --platform=a/b,c/d --platform e/f', { platforms: ['a/b', 'c/d', 'e/f'] }],
    ['build -b web -b api', { onlyImages: ['web', 'api'] }],
    ['build --push=false -t v1', { push: false, tag: 'v1' }],
  ])('%s', async (line, options) => {
    expect(buildOptions(await flagsOf(line))).toMatchObject(options)
  })

  test.each([
    ['build', 'push'],
    ['build', 'tag'],
    ['run', 'push'],
  ])('%s leaves %s to the configuration', async (line, member) => {
    expect(buildOptions(await flagsOf(line))).not.toHaveProperty(member)
  })

  test.each([
    ['run', undefined],
    ['dev', undefined],
    ['deploy', undefined],
    ['run --enable-platform-node-affinity', true],
    ['run --enable-platform-node-affinity=false', false],
    ['render', false],
    ['render --enable-platform-node-affinity', true],
  ])('affinity: %s', async (line, affinity) => {
    expect(renderOptions(await flagsOf(line)).affinity).toBe(affinity)
  })

  test.each([
    ['run', {}, {}],
    ['run --status-check=false', {}, { statusCheck: false }],
    ['run', { SKAFFOLD_STATUS_CHECK: 'false' }, { statusCheck: false }],
    ['run', { CATAMARAN_TAIL: 'true' }, { tail: true }],
    ['run --tolerate-failures-until-deadline', {}, { tolerateFailures: true }],
    ['run -l a=b=c,d', {}, { labels: { a: 'b=c', d: '' } }],
    ['run -n other', {}, { namespace: 'other' }],
    ['run --port-forward', {}, { portForward: ['user', 'services'] }],
    ['run --port-forward=pods,user', {}, { portForward: ['pods', 'user'] }],
    ['run --force --prune', {}, { recreate: true, prune: true }],
    ['run --wait-for-deletions-max=2m30s', {}, { waitForDeletionsMs: 150_000 }],
  ])('%s with %j', async (line, env, options) => {
    const deploying = {
      useKubectl: false,
      recreate: false,
      prune: false,
      iterativeStatusCheck: true,
      waitForDeletionsMs: 60_000,
    }
    const quiet = { gkeToleration: true, labels: {}, tail: false, portForward: [], ...deploying }
    expect(deployOptions(await flagsOf(line, env))).toEqual({ ...quiet, ...options })
  })

  test.each([
    ['dev', ['user']],
    ['dev --port-forward', ['user', 'services']],
    ['dev --port-forward=off', []],
    ['dev --port-forward=false', []],
  ])('ports: %s', async (line, ports) => {
    expect(deployOptions(await flagsOf(line)).portForward).toEqual(ports)
  })

  test.each(['run --port-forward=everything', 'run --wait-for-deletions-max=soon'])('refused: %s', async (line) => {
    const flags = await flagsOf(line)
    expect(() => deployOptions(flags)).toThrow(/everything|soon/)
  })

  test('a label that is none', async () => {
    const flags = await flagsOf('run -l =x')
    expect(() => renderOptions(flags)).toThrow('--label "=x" is not a label')
  })
})

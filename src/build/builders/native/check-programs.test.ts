import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { aDirectory, aFile, aLink } from '../../../../test/support/layers.ts'
import {
  aBaseImage,
  aProject,
  aStockedRegistry,
  type Project,
  type StockedRegistry,
} from '../../../../test/support/native-build.ts'
import { tinyElf, type TinyArchitecture } from '../../../../test/support/tiny-elf.ts'

const projects: Project[] = []
let stocked: StockedRegistry
let base: string

function program(architecture: TinyArchitecture): { readonly text: Buffer; readonly mode: number } {
  return { text: tinyElf({ architecture, afterwards: 'sleep' }), mode: 0o755 }
}

const programs = {
  'bin/amd64': program('amd64'),
  'bin/arm64': program('arm64'),
  'bin/386': program('386'),
  'bin/arm': program('arm'),
  'bin/run.sh': { text: '#!/bin/sh\n', mode: 0o755 },
}

beforeAll(async () => {
  stocked = await aStockedRegistry()
  const images = (['amd64', 'arm64'] as const).map(async (architecture) =>
    aBaseImage(
      [aDirectory('usr/bin'), aFile('usr/bin/app', program('amd64').text, { mode: 0o755 }), aLink('bin', 'usr/bin')],
      { architecture, config: { Cmd: ['app'] } },
    ),
  )
  base = await stocked.stock('base', await Promise.all(images))
})
afterAll(async () => stocked.close())
afterEach(async () => {
  await Promise.all(projects.splice(0).map(async (made) => made.close()))
})

async function project(dockerfile: string): Promise<Project> {
  const made = await aProject(
    { ...programs, Dockerfile: dockerfile.replace('BASE', base) },
    { registry: stocked.registry },
  )
  projects.push(made)
  return made
}

describe('programs for another processor', () => {
  test.each([
    ['the entrypoint', 'FROM scratch\nCOPY bin/arm64 /x\nENTRYPOINT ["/x"]', 'linux/amd64', '/x'],
    ['a program that nothing starts', 'FROM scratch\nCOPY bin/arm64 /x', 'linux/amd64', '/x'],
    ['the other way round', 'FROM scratch\nCOPY bin/amd64 /x', 'linux/arm64', '/x'],
    ['one of several instructions', 'FROM scratch\nCOPY bin/amd64 /x\nCOPY bin/arm64 /y', 'linux/amd64', '/y'],
    [
      'from another stage',
      'FROM scratch AS s\nCOPY bin/arm64 /s\nFROM scratch\nCOPY --from=s /s /x',
      'linux/amd64',
      '/x',
    ],
    ['64 bits on 32', 'FROM scratch\nCOPY bin/amd64 /x', 'linux/386', '/x'],
    [
      'the entrypoint among programs for all',
      'FROM scratch\nCOPY bin /bin/\nENTRYPOINT ["/bin/arm64"]',
      'linux/amd64',
      '/bin/arm64',
    ],
    ['the command by PATH', 'FROM scratch\nCOPY bin /usr/bin/\nCMD ["arm64"]', 'linux/amd64', '/usr/bin/arm64'],
    [
      'the entrypoint below the working directory',
      'FROM scratch\nWORKDIR /w\nCOPY bin ./\nCMD ["./arm64"]',
      'linux/amd64',
      '/w/arm64',
    ],
    ['of a base image that was looked into', 'FROM BASE\nCOPY bin/run.sh /', 'linux/arm64', '/usr/bin/app'],
  ])('%s', async (_, dockerfile, platform, path) => {
    const made = await project(dockerfile)
    await expect(made.build({ platform })).rejects.toMatchObject({
      code: 'BUILD_ARCHITECTURE_WRONG',
      message: expect.stringMatching(new RegExp(`: ${path} is .*, and the image is for ${platform}$`)) as string,
    })
  })

  test('the error names the instruction', async () => {
    const made = await project('FROM scratch\nUSER 1\nCOPY bin/arm64 /x\n')
    await expect(made.build()).rejects.toThrow(
      'Dockerfile:3: COPY bin/arm64 /x: /x is a program for arm64, and the image is for linux/amd64',
    )
  })

  test.each([
    ['programs for this and others', 'FROM scratch\nCOPY bin /bin/', 'linux/amd64'],
    ['a script', 'FROM scratch\nCOPY bin/run.sh /x\nCMD ["/x"]', 'linux/amd64'],
    ['32 bits on 64', 'FROM scratch\nCOPY bin/386 /x\nCMD ["/x"]', 'linux/amd64'],
    ['arm on arm64', 'FROM scratch\nCOPY bin/arm /x\nCMD ["/x"]', 'linux/arm64'],
    ['arm on any arm', 'FROM scratch\nCOPY bin/arm /x\nCMD ["/x"]', 'linux/arm/v6'],
    [
      'in a stage that is only copied from',
      'FROM scratch AS s\nCOPY bin/arm64 /s\nCOPY bin/amd64 /t\nFROM scratch\nCOPY --from=s /t /x',
      'linux/amd64',
    ],
    ['of a base image that nobody looked into', 'FROM BASE\nENV A=1', 'linux/arm64'],
    ['a command that is nowhere', 'FROM scratch\nCMD ["nope"]', 'linux/amd64'],
  ])('%s: no error', async (_, dockerfile, platform) => {
    await expect((await project(dockerfile)).build({ platform })).resolves.toBeDefined()
  })
})

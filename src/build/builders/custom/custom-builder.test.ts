import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { serveNewStore, type ServedRegistry } from '../../../../test/support/registry-server.ts'
import type { CustomArtifact } from '../../../config/index.ts'
import type { Event } from '../../../events/index.ts'
import { digestOf, mediaTypes } from '../../../image/index.ts'
import { parsePlatform, type Platform } from '../../../platform/index.ts'
import { parseReference } from '../../../reference/index.ts'
import { createRegistry, type Registry } from '../../../registry/index.ts'
import { runProcess } from '../../../subprocess/index.ts'
import type { Builder, BuildRequest } from '../../contract.ts'
import { createCustomBuilder } from './custom-builder.ts'

const host: Platform = { os: 'linux', architecture: 'amd64' }
const index = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.oci.index, manifests: [] })

let folder = ''
let served: ServedRegistry
let registry: Registry
let events: Event[] = []

beforeEach(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'catamaran-custom-')))
  served = await serveNewStore('memory')
  registry = createRegistry({ env: { HOME: folder }, runProcess })
  events = []
  mkdirSync(join(folder, 'app'))
  mkdirSync(join(folder, 'bin'))
  // what a script would push with
  program(
    'push',
    `#!${process.execPath}
const [name, tag] = process.env.IMAGE.replace(/^[^/]*\\//, '').split(':')
const body = '${index}'
const headers = { 'content-type': '${mediaTypes.oci.index}' }
const answer = await fetch('http://${served.host}/v2/' + name + '/manifests/' + tag, { method: 'PUT', body, headers })
if (answer.status !== 201) throw new Error(await answer.text())
`,
  )
})

afterEach(async () => {
  await registry.close()
  await served.close()
  rmSync(folder, { recursive: true, force: true })
})

function program(name: string, text: string): void {
  // A module, so that it may wait at its top.
  writeFileSync(join(folder, 'bin', 'package.json'), '{"type":"module"}')
  writeFileSync(join(folder, 'bin', name), text)
  chmodSync(join(folder, 'bin', name), 0o755)
}

function builder(env: Readonly<Record<string, string>> = {}): Builder {
  const path = `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`
  return createCustomBuilder({ runProcess, env: { PATH: path, HOME: folder, ...env }, registry })
}

interface Wanted extends Partial<Pick<BuildRequest, 'push' | 'signal'>> {
  readonly dependencies?: CustomArtifact['dependencies']
  readonly name?: string
}

function request(buildCommand: string, wanted: Wanted = {}): BuildRequest {
  const { dependencies = {}, push = true, signal = new AbortController().signal } = wanted
  return {
    artifact: { image: 'app', context: 'app', builder: { kind: 'custom', buildCommand, dependencies } },
    contextFolder: join(folder, 'app'),
    platforms: ['linux/amd64', 'linux/arm/v7'].map((text) => parsePlatform(text, host)),
    reference: parseReference(wanted.name ?? `${served.host}/team/app:v1`),
    push,
    emit: (event) => events.push(event),
    signal,
  }
}

function output(): string[] {
  return events.flatMap((event) => (event.type === 'buildOutput' ? [event.text] : []))
}

describe('a script', () => {
  test('that pushes gives the digest of what it pushed', async () => {
    expect(await builder().build(request('push'))).toEqual({ kind: 'pushed', digest: digestOf(Buffer.from(index)) })
  })

  test('is told what to build, for all platforms at once', async () => {
    const names = 'IMAGE PUSH_IMAGE BUILD_CONTEXT SKIP_TEST PLATFORMS IMAGE_REPO IMAGE_TAG'
    const command = `for name in ${names}; do eval echo "$name=\\$$name"; done; pwd; push`
    await builder().build(request(command))
    expect(output()).toEqual([
      `IMAGE=${served.host}/team/app:v1`,
      'PUSH_IMAGE=true',
      `BUILD_CONTEXT=${folder}/app`,
      'SKIP_TEST=false',
      'PLATFORMS=linux/amd64,linux/arm/v7',
      `IMAGE_REPO=${served.host}/team/app`,
      'IMAGE_TAG=v1',
      join(folder, 'app'),
    ])
  })

  test('has the environment, whose variables do not hide those of the build', async () => {
    await builder({ TOKEN: 'secret', IMAGE_TAG: 'mine' }).build(request('echo "$TOKEN $IMAGE_TAG"; push'))
    expect(output()).toEqual(['secret v1'])
  })

  test('says what it says while it runs, on both streams', async () => {
    await builder().build(request('printf "one\\ntwo"; echo three >&2; push'))
    expect(output().sort()).toEqual(['one', 'three', 'two'])
    expect(events[0]).toMatchObject({ type: 'buildOutput', image: 'app' })
  })

  test('that pushes nothing is an error', async () => {
    await expect(builder().build(request('true'))).rejects.toMatchObject({
      code: 'BUILD_COMMAND_MADE_NOTHING',
      message: expect.stringContaining(`${served.host}/team/app:v1`) as unknown,
    })
  })

  test.each([
    ['exit 3', 'exited with 3: exit 3', undefined],
    ['no-such-program', 'exited with 127', 'relative to the build context'],
    ['./script', 'exited with 126', 'chmod +x'],
    ['echo "exec /bin/sh: exec format error" >&2; exit 1', 'exited with 1', 'tonistiigi/binfmt'],
    ['kill -9 $$', 'was ended by SIGKILL', undefined],
  ])('that fails with %s is an error', async (command, message, hint) => {
    writeFileSync(join(folder, 'app', 'script'), '#!/bin/sh\n')
    await expect(builder().build(request(command))).rejects.toMatchObject({
      code: 'BUILD_COMMAND_FAILED',
      message: expect.stringContaining(message) as unknown,
      hint: hint === undefined ? undefined : (expect.stringContaining(hint) as unknown),
    })
  })

  test('is ended when nobody waits for it any more', async () => {
    const controller = new AbortController()
    const building = builder().build({
      ...request('echo started; sleep 60', { signal: controller.signal }),
      emit: () => controller.abort(new Error('enough')),
    })
    await expect(building).rejects.toThrow('enough')
  })

  test('that does not push leaves the image in Docker', async () => {
    program('docker', `#!/bin/sh\n[ "$*" = "image inspect --format {{.Id}} app:v1" ] && echo sha256:1234\n`)
    const result = await builder().build(request('echo "$PUSH_IMAGE $IMAGE"', { push: false, name: 'app:v1' }))
    expect(result).toEqual({ kind: 'pushed', digest: 'sha256:1234' })
    expect(output()).toEqual(['false app:v1'])
  })

  test('that leaves no image in Docker is an error', async () => {
    program('docker', '#!/bin/sh\necho "No such image" >&2; exit 1\n')
    await expect(builder().build(request('true', { push: false }))).rejects.toMatchObject({
      code: 'BUILD_COMMAND_MADE_NOTHING',
      message: expect.stringContaining('No such image') as unknown,
    })
  })
})

describe('what a script depends on', () => {
  beforeEach(() => {
    for (const name of ['main.go', 'main_test.go', 'Dockerfile']) writeFileSync(join(folder, 'app', name), '')
  })

  async function dependencies(how: CustomArtifact['dependencies']): Promise<string[]> {
    const found = await builder().dependencies(request('true', { dependencies: how }))
    return found.map((path) => path.slice(folder.length + 1))
  }

  test('may be said by patterns', async () => {
    const found = await dependencies({ paths: ['*.go'], ignore: ['*_test.go'] })
    expect(found).toEqual(['app', 'app/main.go'])
  })

  test('may be said by a command', async () => {
    program('list', '#!/bin/sh\necho "[\\"$1.go\\", \\"/etc/hosts\\", \\"$1.go\\"]"\n')
    const found = await builder().dependencies(request('true', { dependencies: { command: 'list  main' } }))
    expect(found).toEqual(['/etc/hosts', join(folder, 'app/main.go')])
  })

  test.each([
    ['no JSON', 'main.go'],
    ['no list', '{}'],
    ['a list of other things', '[1]'],
  ])('is an error when the command prints %s', async (_, text) => {
    await expect(dependencies({ command: `echo ${text}` })).rejects.toMatchObject({
      code: 'BUILD_DEPENDENCIES_INVALID',
    })
  })

  test('is an error when the command fails', async () => {
    await expect(dependencies({ command: 'false' })).rejects.toMatchObject({ code: 'PROGRAM_FAILED' })
  })

  test('may be said by a Dockerfile, one that needs RUN too', async () => {
    writeFileSync(join(folder, 'app', 'Dockerfile'), 'FROM golang\nARG WHAT\nCOPY ${WHAT}.go /src/\nRUN go build\n')
    const found = await dependencies({ dockerfile: { path: 'Dockerfile', buildArgs: { WHAT: 'main' } } })
    expect(found).toContain('app/Dockerfile')
    expect(found).toContain('app/main.go')
    expect(found).not.toContain('app/main_test.go')
  })
})

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RunSpec } from '../../../subprocess/index.ts'
import { createBuildahEngine } from './buildah-engine.ts'

/** What buildah is started with; what it makes is for the tests that have it. */

const host = { os: 'linux', architecture: 'amd64' }

test.each<[string, Readonly<Record<string, string>>, string | undefined]>([
  ['logins of Docker', { DOCKER_CONFIG: 'FOLDER' }, 'FOLDER/config.json'],
  ['its own logins', { DOCKER_CONFIG: 'FOLDER', REGISTRY_AUTH_FILE: '/own.json' }, '/own.json'],
  ['a folder without logins', { DOCKER_CONFIG: 'FOLDER/none' }, undefined],
  ['nothing', {}, undefined],
])('%s', async (_, variables, expected) => {
  const folder = await mkdtemp(join(tmpdir(), 'buildah-'))
  const inFolder = (text: string): string => text.replace('FOLDER', folder)
  try {
    await writeFile(join(folder, 'config.json'), '{}')
    const calls: RunSpec[] = []
    const engine = createBuildahEngine({
      name: 'buildah',
      host,
      env: Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, inFolder(value)])),
      cwd: folder,
      runProcess: (spec) => {
        calls.push(spec)
        return Promise.resolve({ status: 1, signal: undefined, stdout: '', stderr: 'not today' })
      },
    })
    const building = engine.build({
      image: 'app',
      docker: { kind: 'docker', dockerfile: 'Dockerfile', buildArgs: { NPM_TOKEN: 'hush' } },
      dockerfile: join(folder, 'Dockerfile'),
      contextFolder: folder,
      platform: host,
      insecureRegistries: [],
      parents: [],
      repository: 'r.example.com/app',
      folder,
      report: () => undefined,
      signal: new AbortController().signal,
    })
    await expect(building).rejects.toThrow('buildah could not build app for linux/amd64: not today')
    const [call] = calls
    expect(call?.env['REGISTRY_AUTH_FILE']).toBe(expected === undefined ? undefined : inFolder(expected))
    // what everybody on the machine can read has no credential in it
    expect(call?.args.join(' ')).toMatch(/--build-arg NPM_TOKEN /)
    expect(call?.args.join(' ')).not.toContain('hush')
    expect(call?.env['NPM_TOKEN']).toBe('hush')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Pod } from '../kinds.ts'
import { createStore } from '../store/index.ts'
import { createTables, type Tables } from '../tables.ts'
import { environmentOf, expand } from './env.ts'
import { resolveInRoot } from './root-path.ts'
import { userOf } from './user.ts'
import { prepareVolumes } from './volumes.ts'

let folder: string
let tables: Tables

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'catamaran-kubelet-'))
  tables = createTables(createStore({ clock: () => new Date() }))
  const at = (name: string): object => ({ name, namespace: 'n' })
  tables.configMaps.create({ kind: 'ConfigMap', apiVersion: 'v1', metadata: at('cm'), data: { a: '1', b: '2' } })
  tables.secrets.create({ kind: 'Secret', apiVersion: 'v1', metadata: at('s'), data: { key: 'c2VjcmV0' } })
})

afterEach(() => rmSync(folder, { recursive: true }))

function pod(spec: object = {}): Pod {
  const metadata = { name: 'p', namespace: 'n', uid: 'u', labels: { app: 'a' } }
  return { kind: 'Pod', apiVersion: 'v1', metadata, spec: { nodeName: 'node-1', ...spec } } as unknown as Pod
}

describe('environment', () => {
  test.each<[string, object, object]>([
    ['of the image', {}, { IMAGE: 'x=y', HOSTNAME: 'p' }],
    ['of the pod wins', { env: [{ name: 'IMAGE', value: 'pod' }] }, { IMAGE: 'pod' }],
    [
      'may refer to what was said before',
      {
        env: [
          { name: 'A', value: '1' },
          { name: 'B', value: '$(A)$(C)$$(A)' },
        ],
      },
      { B: '1$(C)$(A)' },
    ],
    ['from a ConfigMap', { envFrom: [{ prefix: 'P_', configMapRef: { name: 'cm' } }] }, { P_a: '1', P_b: '2' }],
    [
      'from a Secret',
      { env: [{ name: 'S', valueFrom: { secretKeyRef: { name: 's', key: 'key' } } }] },
      { S: 'secret' },
    ],
    [
      'from the pod',
      {
        env: [
          { name: 'N', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
          { name: 'L', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
        ],
      },
      { N: 'node-1', L: 'a' },
    ],
    [
      'from what is optional and not there',
      { env: [{ name: 'O', valueFrom: { configMapKeyRef: { name: 'nope', key: 'k', optional: true } } }] },
      {},
    ],
  ])('%s', (_, container, expected) => {
    const outcome = environmentOf({ name: 'c', ...container }, ['IMAGE=x=y'], { pod: pod(), tables })
    expect(outcome).toMatchObject({ env: expected })
  })

  test.each<[string, object, string]>([
    ['a ConfigMap', { envFrom: [{ configMapRef: { name: 'nope' } }] }, 'configmap "nope" not found'],
    [
      'a Secret',
      { env: [{ name: 'S', valueFrom: { secretKeyRef: { name: 'nope', key: 'k' } } }] },
      'secret "nope" not found',
    ],
    [
      'a key',
      { env: [{ name: 'S', valueFrom: { configMapKeyRef: { name: 'cm', key: 'k' } } }] },
      "couldn't find key k in ConfigMap n/cm",
    ],
  ])('without %s is refused', (_, container, problem) => {
    const outcome = environmentOf({ name: 'c', ...container }, [], { pod: pod(), tables })
    expect(outcome).toEqual({ problem })
  })

  test.each([
    ['$(A)', '1'],
    ['$$(A)', '$(A)'],
    ['$(B)', '$(B)'],
    ['$A', '$A'],
  ])('%s expands to %s', (text, expected) => {
    expect(expand(text, { A: '1' })).toBe(expected)
  })
})

describe('user', () => {
  beforeEach(() => {
    mkdirSync(join(folder, 'etc'))
    writeFileSync(join(folder, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\nweb:x:101:102::/:/bin/sh\n')
    writeFileSync(join(folder, 'etc/group'), 'staff:x:50:\n')
  })

  test.each<[string, string, object, object]>([
    ['nobody says', '', {}, { uid: 0, gid: 0 }],
    ['of the image by name', 'web', {}, { uid: 101, gid: 102 }],
    ['of the image by number', '101', {}, { uid: 101, gid: 102 }],
    ['that is not in the image', '4242', {}, { uid: 4242, gid: 0 }],
    ['with a group', 'web:staff', {}, { uid: 101, gid: 50 }],
    ['of the pod', 'web', { runAsUser: 7, runAsGroup: 8 }, { uid: 7, gid: 8 }],
    ['without an entry', 'nope', {}, { problem: 'unable to find user nope: no matching entries in passwd file' }],
    [
      'that must not be root',
      '',
      { runAsNonRoot: true },
      { problem: 'container has runAsNonRoot and image will run as root (pod: "p_n(u)", container: c)' },
    ],
    [
      'whose name proves nothing',
      'web',
      { runAsNonRoot: true },
      {
        problem:
          'container has runAsNonRoot and image has non-numeric user (web), cannot verify user is non-root (pod: "p_n(u)", container: c)',
      },
    ],
  ])('%s', (_, imageUser, securityContext, expected) => {
    expect(userOf({ container: { name: 'c', securityContext }, pod: pod(), imageUser, root: folder })).toEqual(expected)
  })
})

describe('volumes', () => {
  function prepare(volume: object): ReturnType<typeof prepareVolumes> {
    const context = { tables, podFolder: join(folder, 'pod'), claimsFolder: join(folder, 'claims') }
    return prepareVolumes({ ...context, pod: pod({ volumes: [{ name: 'v', ...volume }] }) })
  }

  test.each<[string, object, Readonly<Record<string, string>>]>([
    ['a ConfigMap', { configMap: { name: 'cm' } }, { a: '1', b: '2' }],
    ['items of one', { configMap: { name: 'cm', items: [{ key: 'a', path: 'x/y' }] } }, { 'x/y': '1' }],
    ['a Secret', { secret: { secretName: 's' } }, { key: 'secret' }],
    [
      'the pod',
      { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
      { name: 'p' },
    ],
    [
      'several sources',
      { projected: { sources: [{ configMap: { name: 'cm' } }, { secret: { name: 's' } }] } },
      { a: '1', key: 'secret' },
    ],
    ['a path that leads out', { configMap: { name: 'cm', items: [{ key: 'a', path: '../../x' }] } }, { x: '1' }],
  ])('of %s', (_, volume, files) => {
    const outcome = prepare(volume)
    const place = 'folders' in outcome ? (outcome.folders.get('v') ?? '') : ''
    for (const [path, content] of Object.entries(files)) expect(readFileSync(join(place, path), 'utf8')).toBe(content)
  })

  test.each<[string, object, string]>([
    ['a ConfigMap that is not there', { configMap: { name: 'nope' } }, 'configmap "nope" not found'],
    [
      'a key that is not there',
      { secret: { secretName: 's', items: [{ key: 'k', path: 'k' }] } },
      'references non-existent config key: k (s)',
    ],
    [
      'files of this machine',
      { hostPath: { path: '/etc' } },
      'hostPath /etc refused: sandbox pods see no files of this machine',
    ],
    ['another type', { nfs: { path: '/' } }, 'the sandbox has no volumes of this type'],
  ])('of %s are refused', (_, volume, problem) => {
    expect(prepare(volume)).toEqual({
      reason: 'FailedMount',
      message: `MountVolume.SetUp failed for volume "v" : ${problem}`,
    })
  })

  test('of a claim are the same folder for every pod', () => {
    const claim = { persistentVolumeClaim: { claimName: 'data' } }
    expect(prepare(claim)).toEqual(prepare(claim))
    expect(existsSync(join(folder, 'claims/n/data'))).toBe(true)
  })

  test('that are empty are empty', () => {
    const outcome = prepare({ emptyDir: {} })
    expect('folders' in outcome && readdirSync(outcome.folders.get('v') ?? '')).toEqual([])
  })
})

describe('a path in a container', () => {
  beforeEach(() => {
    mkdirSync(join(folder, 'a/b'), { recursive: true })
    symlinkSync('/a', join(folder, 'absolute'))
    symlinkSync('../../../../../etc', join(folder, 'a/out'))
    symlinkSync('b', join(folder, 'a/next'))
    symlinkSync('loop', join(folder, 'loop'))
  })

  test.each([
    ['/a/b', '/a/b'],
    ['/absolute/b', '/a/b'],
    ['/a/next', '/a/b'],
    ['/a/out/passwd', '/etc/passwd'],
    ['/../../x', '/x'],
    ['/a/b/../new', '/a/new'],
    ['/loop', undefined],
  ])('%s leads to %s', (path, expected) => {
    expect(resolveInRoot(folder, path)).toBe(expected)
  })
})

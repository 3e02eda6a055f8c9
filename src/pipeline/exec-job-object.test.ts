import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeJob, type JobContainer } from './exec-job-object.ts'

const container = { name: 'c', image: 'i', env: { K: 'v' } }
const owner = { runId: 'run', namespace: 'ns' }
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catamaran-job-'))
  await writeFile(
    join(folder, 'other.yaml'),
    `apiVersion: v1
kind: ConfigMap
metadata: {name: m}
---
apiVersion: batch/v1
kind: Job
metadata: {name: base, labels: {mine: kept}}
spec:
  backoffLimit: 3
  template:
    spec:
      serviceAccountName: robot
      containers: [{name: other, image: x}]
`,
  )
  await writeFile(
    join(folder, 'same.yaml'),
    'kind: Job\napiVersion: batch/v1\nmetadata: {name: base}\nspec: {template: {spec: {containers: [{name: side, image: x}, {name: c, image: old, env: [{name: A, value: a}]}]}}}\n',
  )
  await writeFile(join(folder, 'none.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const make = (mode: JobContainer['mode'], own: Partial<JobContainer['container']> = {}) =>
  makeJob({ container: { ...container, ...own }, mode, folder }, owner)
const spec = (job: unknown): unknown => (job as { spec: { template: { spec: unknown } } }).spec.template.spec

describe('a Job', () => {
  test('of its own has one container that is not started again', async () => {
    const job = await make({}, { command: ['a'], args: ['b'] })
    expect(job.metadata.name).toMatch(/^c-[\da-f]{8}$/)
    expect(job.metadata.namespace).toBe('ns')
    expect(job['spec']).toMatchObject({ backoffLimit: 0 })
    expect(spec(job)).toEqual({
      restartPolicy: 'Never',
      containers: [{ name: 'c', image: 'i', command: ['a'], args: ['b'], env: [{ name: 'K', value: 'v' }] }],
    })
  })

  test('made from a manifest keeps what that says beside the container', async () => {
    const job = await make({ jobManifestPath: 'other.yaml' })
    expect(job.metadata.labels).toEqual({ mine: 'kept', 'skaffold.dev/run-id': 'run' })
    expect(spec(job)).toEqual({
      serviceAccountName: 'robot',
      restartPolicy: 'Never',
      containers: [{ name: 'c', image: 'i', env: [{ name: 'K', value: 'v' }] }],
    })
  })

  test('whose manifest has the container changes it in its place', async () => {
    expect(spec(await make({ jobManifestPath: 'same.yaml' }))).toMatchObject({
      containers: [
        { name: 'side', image: 'x' },
        {
          name: 'c',
          image: 'i',
          env: [
            { name: 'A', value: 'a' },
            { name: 'K', value: 'v' },
          ],
        },
      ],
    })
  })

  test('takes overrides, containers by their name', async () => {
    const overrides = JSON.stringify({
      spec: { template: { spec: { dnsPolicy: 'Default', containers: [{ name: 'c', tty: true }] } } },
    })
    expect(spec(await make({ overrides }))).toMatchObject({
      dnsPolicy: 'Default',
      containers: [{ name: 'c', image: 'i', tty: true }],
    })
  })

  test.each([
    [{ overrides: '[]' }, 'CONFIG_VALUE_INVALID'],
    [{ overrides: '{' }, 'CONFIG_VALUE_INVALID'],
    [{ jobManifestPath: 'none.yaml' }, 'RESOURCE_INVALID'],
  ])('%j is refused with %s', async (mode, code) => {
    await expect(make(mode)).rejects.toMatchObject({ code })
  })
})

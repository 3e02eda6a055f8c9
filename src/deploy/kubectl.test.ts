import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fakePrograms, type FakePrograms } from '../../test/support/fake-programs.ts'
import type { Event } from '../events/index.ts'
import type { ResourceObject } from '../resource/index.ts'
import { runProcess } from '../subprocess/index.ts'
import { applyWithKubectl, deleteWithKubectl, type KubectlCall } from './kubectl.ts'

/** Says about every object that it reads what kubectl would say; `bad` is refused. */
const kubectl = `
const objects = fs.readFileSync(0, 'utf8').split('\\n').map((line) => JSON.parse(line))
const verb = args.find((word) => word === 'apply' || word === 'delete')
const name = ({ apiVersion, kind }) => kind.toLowerCase() + (apiVersion.includes('/') ? '.' + apiVersion.split('/')[0] : '')
for (const object of objects) {
  if (object.metadata.name === 'bad') { console.error('error: Authorization: Bearer abcdefghijklmnop is invalid'); process.exit(1) }
  if (object.metadata.name === 'gone') continue
  const { metadata } = object
  console.log(verb === 'apply' ? name(object) + '/' + metadata.name + ' ' + (metadata.name === 'old' ? 'unchanged' : 'created')
    : name(object) + ' "' + metadata.name + '" deleted from n namespace')
}
`
let programs: FakePrograms
const events: Event[] = []

beforeAll(async () => {
  programs = await fakePrograms({ kubectl })
})

afterAll(async () => programs.close())

function object(apiVersion: string, kind: string, name: string): ResourceObject {
  return { apiVersion, kind, metadata: { name } }
}

function call(flags: KubectlCall['flags']): KubectlCall {
  return {
    runProcess,
    env: programs.env,
    cwd: programs.folder,
    kubeContext: 'c',
    namespace: 'n',
    flags,
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
  }
}

const map = object('v1', 'ConfigMap', 'new')
const web = object('apps/v1', 'Deployment', 'old')
const definition = object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'boats')

describe('the user’s kubectl', () => {
  test('applies definitions first, with the flags, and its lines become events', async () => {
    const flags = { global: ['-v=1'], apply: ['--server-side'], delete: ['--now'], disableValidation: true }
    const deployed = await applyWithKubectl(call(flags), { objects: [web, map, definition], force: true })
    expect(deployed.map(({ ref, action }) => `${ref.kind} ${ref.name} ${ref.namespace} ${action}`)).toEqual([
      'CustomResourceDefinition boats n created',
      'ConfigMap new n created',
      'Deployment old n unchanged',
    ])
    const words = '--context c --namespace n apply -v=1 --server-side --validate=false --force --grace-period=0 -f -'
    expect((await programs.calls()).map(({ args }) => args.join(' '))).toEqual([words, words])
    expect(events).toContainEqual({ type: 'resourceApplied', resource: 'deployment.apps/old', action: 'unchanged' })
  })

  test('deletes in the other order, and leaves out what is not there', async () => {
    const gone = object('v1', 'Secret', 'gone')
    const deleted = await deleteWithKubectl(call({ delete: ['--now'] }), [definition, map, web, gone])
    expect(deleted).toEqual([
      'deployment.apps "old"',
      'configmap "new"',
      'customresourcedefinition.apiextensions.k8s.io "boats"',
    ])
    expect((await programs.calls()).at(-1)?.args).toEqual([
      '--context',
      'c',
      '--namespace',
      'n',
      'delete',
      '--now',
      '--ignore-not-found=true',
      '--wait=false',
      '-f',
      '-',
    ])
  })

  test('says why when it fails, without secrets', async () => {
    const bad = applyWithKubectl(call({}), { objects: [object('v1', 'Secret', 'bad')], force: false })
    await expect(bad).rejects.toMatchObject({
      code: 'KUBE_FAILED',
      message: expect.stringMatching(/^kubectl apply failed: error: (?!.*abcdefgh)/) as string,
    })
  })
})

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ResourceObject } from '../resource/index.ts'
import { deployWaves } from './order.ts'

const kinds = [
  'v1 Namespace',
  'apiextensions.k8s.io/v1 CustomResourceDefinition',
  'v1 ServiceAccount',
  'v1 ConfigMap',
  'v1 Secret',
  'rbac.authorization.k8s.io/v1 RoleBinding',
  'v1 Service',
  'apps/v1 Deployment',
  'v1 Pod',
  'networking.k8s.io/v1 Ingress',
  'example.com/v1 Deployment',
  'admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration',
] as const

function object(kind: string, name = 'a'): ResourceObject {
  const [apiVersion = '', kindName = ''] = kind.split(' ')
  return { apiVersion, kind: kindName, metadata: { name } }
}

function names(objects: readonly ResourceObject[]): string[] {
  return objects.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`)
}

test('what others refer to comes first, and kinds of others before webhooks', () => {
  const waves = deployWaves([...kinds].reverse().map((kind) => object(kind)))
  expect(waves.map(names)).toEqual([
    ['v1 Namespace'],
    ['apiextensions.k8s.io/v1 CustomResourceDefinition'],
    ['v1 ServiceAccount'],
    ['v1 Secret', 'v1 ConfigMap'],
    ['rbac.authorization.k8s.io/v1 RoleBinding'],
    ['v1 Service'],
    ['v1 Pod', 'apps/v1 Deployment'],
    ['networking.k8s.io/v1 Ingress'],
    ['example.com/v1 Deployment'],
    ['admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration'],
  ])
})

test('nothing is lost, and the order inside a wave is the given one', () => {
  const entry = fc.record({ kind: fc.constantFrom(...kinds), name: fc.string() })
  fc.assert(
    fc.property(fc.array(entry), (entries) => {
      const objects = entries.map(({ kind, name }) => object(kind, name))
      const waves = deployWaves(objects)
      expect(new Set(waves.flat())).toEqual(new Set(objects))
      for (const wave of waves) {
        const places = wave.map((each) => objects.indexOf(each))
        expect(places).toEqual(places.toSorted((left, right) => left - right))
      }
    }),
  )
})

import { describe, expect, test } from 'vitest'
import type { Event } from '../events/index.ts'
import { parsePlatform } from '../platform/index.ts'
import { parseResources, printResources, valueAt, type Resource } from '../resource/index.ts'
import { renderResources } from './index.ts'

const [amd64, arm64] = ['amd64', 'arm64'].map((architecture) => ({ os: 'linux', architecture }))
const platforms: Readonly<Record<string, readonly string[]>> = {
  intel: ['linux/amd64'],
  arm: ['linux/arm64'],
  both: ['linux/amd64', 'linux/arm64'],
}

async function render(
  text: string,
  flags?: readonly string[],
): Promise<{ readonly resources: readonly Resource[]; readonly warnings: readonly string[] }> {
  const events: Event[] = []
  const resources = await renderResources({
    resources: parseResources(text, 'k8s.yaml'),
    builtImages: [],
    labels: {},
    emit: (event) => events.push(event),
    placement: {
      enabled: true,
      nodes: [amd64, arm64].flatMap((platform) =>
        platform === undefined ? [] : [{ name: platform.architecture, platform, labels: {}, taints: [] }],
      ),
      forced: false,
      gke: false,
      inspect: (reference) => {
        const known = platforms[reference]
        return Promise.resolve({
          platforms:
            known === undefined
              ? 'unknown'
              : known.map((one) => parsePlatform(one, { os: 'linux', architecture: 'amd64' })),
        })
      },
      ...(flags === undefined
        ? {}
        : { knativeFlags: () => Promise.resolve(new Set(flags.map((flag) => `kubernetes.podspec-${flag}`))) }),
    },
  })
  const warnings = events.flatMap((event) =>
    event.type === 'warning' ? [event.hint === undefined ? event.text : `${event.text} → ${event.hint}`] : [],
  )
  return { resources, warnings }
}

/** The architectures of the rules in an object, in their order. */
function architectures(resource: Resource | undefined): readonly string[] {
  const text = JSON.stringify(resource?.object ?? {})
  return [...text.matchAll(/"kubernetes\.io\/arch","operator":"In","values":\["(\w+)"\]/g)].map(([, name = '']) => name)
}

const workflow = `apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: w-}
spec:
  affinity: {podAffinity: {kept: true}} # of all
  templates:
  - name: intel
    container: {image: intel}
  - name: arm
    script: {image: arm}
`

describe('custom kinds whose pods get rules', () => {
  test('each template of a workflow its own, with what it would have inherited', async () => {
    const { resources, warnings } = await render(workflow)
    expect(warnings).toEqual([])
    expect(architectures(resources[0])).toEqual(['amd64', 'arm64'])
    expect(valueAt(resources[0]?.object, ['spec', 'templates', 0, 'affinity', 'podAffinity'])).toEqual({ kept: true })
    const text = printResources(resources)
    expect(text).toContain('  affinity: {podAffinity: {kept: true}} # of all\n')
    const again = await render(text)
    expect(printResources(again.resources)).toBe(text)
  })

  test('each task of a PipelineRun its own, also for Tasks that come along', async () => {
    const { resources } = await render(`apiVersion: tekton.dev/v1
kind: Task
metadata: {name: build}
spec: {steps: [{image: arm}]}
---
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: {name: run}
spec:
  pipelineSpec:
    tasks:
    - {name: first, taskRef: {name: build}}
    - {name: second, taskSpec: {steps: [{image: intel}]}}
`)
    expect(architectures(resources[1])).toEqual(['arm64', 'amd64'])
    expect(valueAt(resources[1]?.object, ['spec', 'taskRunSpecs', 0, 'pipelineTaskName'])).toBe('first')
    expect(printResources((await render(printResources(resources))).resources)).toBe(printResources(resources))
  })

  test('a rule of the user that excludes the image is a conflict there, too', async () => {
    const text = workflow.replace('    container:', '    nodeSelector: {kubernetes.io/arch: arm64}\n    container:')
    await expect(render(text)).rejects.toMatchObject({
      code: 'PLACEMENT_CONFLICT',
      message: expect.stringMatching(/k8s\.yaml:7.*intel has linux\/amd64/) as string,
    })
  })

  test('rules that are only known at run time are left alone, and said', async () => {
    const text = workflow.replace(
      '    container:',
      '    nodeSelector: {kubernetes.io/arch: "{{arch}}"}\n    container:',
    )
    const { resources, warnings } = await render(text)
    expect(architectures(resources[0])).toEqual(['arm64'])
    expect(warnings).toEqual([expect.stringMatching(/intel has no linux\/arm64.*only known when it runs/)])
  })

  test('driver and executors of Spark, brokers of Strimzi', async () => {
    const { resources } = await render(`apiVersion: sparkoperator.k8s.io/v1beta2
kind: SparkApplication
metadata: {name: s}
spec: {image: intel, driver: {cores: 1}, executor: {image: arm}}
---
apiVersion: kafka.strimzi.io/v1beta2
kind: Kafka
metadata: {name: k}
spec: {kafka: {image: intel}}
`)
    expect(architectures(resources[0])).toEqual(['amd64', 'arm64'])
    expect(
      valueAt(resources[1]?.object, ['spec', 'kafka', 'template', 'pod', 'affinity', 'nodeAffinity']),
    ).toBeDefined()
  })
})

describe('Knative', () => {
  const service = (image: string, more = ''): string => `apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: k}
spec: {template: {spec: {containers: [{image: ${image}}]${more}}}}
`
  const patch = /kubectl patch configmap config-features.*kubernetes\.podspec-affinity/

  test.each<[string, string, readonly string[] | undefined, readonly string[], RegExp | undefined]>([
    ['takes the rule with its flag', service('intel'), ['affinity'], ['amd64'], undefined],
    ['does not without it, which is said', service('intel'), [], [], patch],
    ['is left alone without it where nothing can fail', service('both'), [], [], undefined],
    ['gets the rule it needs when nobody knows', service('intel'), undefined, ['amd64'], patch],
    ['gets none that it can do without when nobody knows', service('both'), undefined, [], undefined],
    [
      'shows by its own affinity that it takes one',
      service('intel', ', affinity: {podAffinity: {}}'),
      undefined,
      ['amd64'],
      undefined,
    ],
  ])('%s', async (_, text, flags, expected, warning) => {
    const { resources, warnings } = await render(text, flags)
    expect(architectures(resources[0])).toEqual(expected)
    expect(warnings).toEqual(warning === undefined ? [] : [expect.stringMatching(warning)])
  })

  test('takes a node selector instead, where that flag is on', async () => {
    const { resources, warnings } = await render(service('intel'), ['nodeselector'])
    expect(valueAt(resources[0]?.object, ['spec', 'template', 'spec', 'nodeSelector'])).toEqual({
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'amd64',
    })
    expect(warnings).toEqual([])
  })
})

import { describe, expect, test } from 'vitest'
import { planNodes } from './node-object.ts'
import { defaultNodes, parseNodeSpecs } from './parse-node-specs.ts'

const now = new Date('2026-01-02T03:04:05Z')

function namesOf(text: string): readonly string[] {
  return planNodes(parseNodeSpecs(text), now).map(({ name }) => name)
}

describe('nodes', () => {
  test.each([
    [defaultNodes, ['sandbox-amd64-1', 'sandbox-amd64-2', 'sandbox-arm64-1']],
    ['linux/arm64', ['sandbox-arm64-1']],
    ['linux/x86_64, 1xlinux/amd64', ['sandbox-amd64-1', 'sandbox-amd64-2']],
    ['linux/arm/v7', ['sandbox-arm-v7-1']],
    ['1xwindows/amd64,linux/amd64', ['sandbox-windows-amd64-1', 'sandbox-amd64-1']],
  ])('of %s', (text, expected) => {
    expect(namesOf(text)).toEqual(expected)
  })

  test('have taints and labels', () => {
    const specs = parseNodeSpecs(
      'linux/arm64:taint=kubernetes.io/arch=arm64:NoSchedule:taint=x:NoExecute:label=disk=ssd',
    )
    const [spec] = specs
    expect(spec).toMatchObject({
      count: 1,
      taints: [
        { key: 'kubernetes.io/arch', value: 'arm64', effect: 'NoSchedule' },
        { key: 'x', effect: 'NoExecute' },
      ],
      labels: { disk: 'ssd' },
    })
    const [node] = planNodes(specs, now)
    expect(node?.object).toMatchObject({
      metadata: { labels: { 'kubernetes.io/arch': 'arm64', 'kubernetes.io/os': 'linux', disk: 'ssd' } },
      spec: { taints: spec?.taints },
      status: { nodeInfo: { architecture: 'arm64', operatingSystem: 'linux' } },
    })
  })

  test.each([
    ['', 'SANDBOX_NODES_INVALID'],
    ['arm64', 'SANDBOX_NODES_INVALID'],
    ['0xlinux/arm64', 'SANDBOX_NODES_INVALID'],
    ['101xlinux/arm64', 'SANDBOX_NODES_INVALID'],
    ['linux/arm64:taint=x', 'SANDBOX_NODES_INVALID'],
    ['linux/arm64:taint=x:Never', 'SANDBOX_NODES_INVALID'],
    ['linux/arm64:colour=red', 'SANDBOX_NODES_INVALID'],
    ['linux/', 'PLATFORM_INVALID'],
  ])('"%s" is refused', (text, code) => {
    expect(() => parseNodeSpecs(text)).toThrow(expect.objectContaining({ code }))
  })
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import { pushImages } from '../support/push-image.ts'
import { tinyElf, type TinyArchitecture } from '../support/tiny-elf.ts'
import { createWorkbench, type SandboxProcess, type Workbench } from '../support/workbench.ts'

/** Images whose index is right and whose programs are not, as a build without cross-compilation makes them. */

let bench: Workbench
let sandbox: SandboxProcess

beforeAll(async () => {
  bench = await createWorkbench()
  sandbox = await bench.sandbox('1xlinux/amd64')
  const program = (architecture: TinyArchitecture): Buffer =>
    tinyElf({ architecture, message: 'hello', afterwards: 'sleep' })
  const image = (claim: TinyArchitecture, content: TinyArchitecture): Parameters<typeof pushImages>[1][number] => ({
    architecture: claim,
    entrypoint: ['/app'],
    files: { app: program(content) },
  })
  await pushImages(`${sandbox.registry}/good:1`, [image('amd64', 'amd64'), image('arm64', 'arm64')])
  await pushImages(`${sandbox.registry}/lying:1`, [image('amd64', 'amd64'), image('arm64', 'amd64')])
  await bench.write({
    'pods.yaml': ['good', 'lying']
      .map(
        (name) =>
          `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${name}\nspec:\n  containers:\n    - name: app\n      image: ${sandbox.registry}/${name}:1\n`,
      )
      .join('---\n'),
  })
})

afterAll(async () => {
  await bench.close()
})

test('without --deep the index is believed', async () => {
  const result = await bench.run(['check', 'pods.yaml', '--platform=linux/amd64,linux/arm64'])
  expect(result.code, result.output).toBe(0)
})

test('with --deep the program says what it is for', async () => {
  const result = await bench.run(['check', 'pods.yaml', '--platform=linux/amd64,linux/arm64', '--deep'])
  expect(result.code, result.output).toBe(1)
  expect(result.stderr).toMatch(/^error CHECK_FAILED: 1 of 2 workloads would crash: pod\/lying/m)
  expect(result.stdout).toContain(
    `fix: rebuild ${sandbox.registry}/lying:1: /app is compiled for amd64, and the image is for linux/arm64`,
  )
})

test('only the platforms of nodes are looked into', async () => {
  const result = await bench.run(['check', 'pods.yaml', '--platform=linux/amd64', '--deep', '--format=json'])
  expect(result.code, result.output).toBe(0)
  expect(result.stdout).not.toContain('compiled for')
})

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runMain } from '../../../test/support/run-main.ts'

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lint-'))
  const files: Readonly<Record<string, string>> = {
    'skaffold.yaml':
      'apiVersion: skaffold/v4beta13\nkind: Config\nbuild: {artifacts: [{image: web}, {image: api, context: api}]}\nmanifests: {rawYaml: [pod.yaml]}',
    'pod.yaml':
      'apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  labels:\n    app.kubernetes.io/managed-by: helm\nspec:\n  containers: [{name: c, image: web, ports: [{containerPort: 8080}]}]\n',
    Dockerfile: 'FROM scratch\nCOPY many /many\nCOPY . /all\n',
    '.dockerignore': 'api\n',
    '.git/HEAD': 'ref: refs/heads/main\n',
    'api/Dockerfile': 'FROM scratch\nCOPY main /main\n',
    'api/main': '',
    ...Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`many/${index}`, ''])),
  }
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true })
    await writeFile(join(folder, path), text)
  }
})

afterAll(async () => rm(folder, { recursive: true }))

test("finds what Skaffold's rules are about, each at its place", { timeout: 60_000 }, async () => {
  const { stdout, status } = await runMain(['lint', '--format', 'json'], { cwd: folder, env: { HOME: folder } })
  expect(status).toBe(0)
  const found = JSON.parse(stdout) as {
    Rule: { RuleID: string; RuleType: string }
    RelFilePath: string
    Line: number
  }[]
  expect(found.map(({ Rule, RelFilePath, Line }) => `${RelFilePath}:${Line} ${Rule.RuleID} ${Rule.RuleType}`)).toEqual([
    'skaffold.yaml:1 ID000001 YamlFieldLintRule',
    'skaffold.yaml:4 ID000002 YamlFieldLintRule',
    'Dockerfile:2 ID000004 DockerfileCommandLintRule',
    'Dockerfile:3 ID000004 DockerfileCommandLintRule',
    'Dockerfile:3 ID000005 DockerfileCommandLintRule',
    'pod.yaml:6 ID000006 YamlFieldLintRule',
  ])
})

test('says which ports to forward', { timeout: 60_000 }, async () => {
  const { stdout } = await runMain(['lint', '--format', 'plain-text'], { cwd: folder, env: { HOME: folder } })
  expect(stdout).toContain('- resourceType: pod\n  resourceName: web\n  port: 8080\n  localPort: 32581')
  expect(stdout).toContain('COPY . /all\n^\n')
})

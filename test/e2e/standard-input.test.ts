import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createWorkbench, type Workbench } from '../support/workbench.ts'

const manifests = `# kept
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: app # the app
        - name: other
          image: other:v1
`

describe('manifests from standard input', () => {
  let bench: Workbench
  beforeAll(async () => {
    bench = await createWorkbench()
    await bench.write({
      'skaffold.yaml': 'apiVersion: skaffold/v4beta14\nkind: Config\n',
      'build.json': '{"builds":[{"imageName":"app","tag":"registry.example.com/app:v1"}]}',
    })
  })
  afterAll(() => bench.close())

  test('filter puts images, labels and a namespace in and keeps the rest', async () => {
    const args = ['filter', '-a', 'build.json', '-l', 'team=a', '-n', 'prod']
    const { code, stdout } = await bench.run(args, { input: manifests })
    expect(code).toBe(0)
    expect(stdout).toContain('# kept\n')
    expect(stdout).toContain('image: registry.example.com/app:v1 # the app')
    expect(stdout).toContain('image: other:v1')
    expect(stdout).toContain('namespace: prod')
    expect(stdout).toContain('team: a')
  })

  test('filter passes them through a program before', async () => {
    const { code, stdout } = await bench.run(['filter', '-i', 'app=app:v2', '--post-renderer', 'cat'], {
      input: manifests,
    })
    expect(code).toBe(0)
    expect(stdout).toContain('image: app:v2')
  })

  test('filter says where a manifest is broken', async () => {
    const { code, stderr } = await bench.run(['filter'], { input: 'kind: [\n' })
    expect(code).toBe(1)
    expect(stderr).toContain('error RESOURCE_INVALID')
    expect(stderr).toContain('standard input:')
  })

  test('apply - takes them as they are', async () => {
    const { code, stdout, stderr } = await bench.run(
      ['apply', '-', '--sandbox=1xlinux/s390x', '--status-check=false'],
      {
        input: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {a: b}\n',
      },
    )
    expect(stderr).toBe('')
    expect(stdout).toContain(' - configmap/m created')
    expect(code).toBe(0)
  })
})

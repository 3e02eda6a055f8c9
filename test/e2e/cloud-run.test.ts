import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aGoogleBench, type GoogleBench } from '../support/google-bench.ts'
import { pushImages } from '../support/push-image.ts'

let bench: GoogleBench
beforeEach(async () => {
  bench = await aGoogleBench()
})
afterEach(() => bench.close())

const service = (image: string): string =>
  [
    'apiVersion: serving.knative.dev/v1',
    'kind: Service',
    'metadata:',
    '  name: web',
    '  annotations: {run.googleapis.com/ingress: all}',
    'spec:',
    '  template:',
    '    metadata: {labels: {tier: front}}',
    '    spec:',
    `      containers: [{image: ${image}}]`,
    '',
  ].join('\n')

const job =
  'apiVersion: run.googleapis.com/v1\nkind: Job\nmetadata: {name: once}\nspec: {template: {spec: {template: {spec: {maxRetries: 0, containers: [{image: app}]}}}}}\n'
const pool =
  'apiVersion: run.googleapis.com/v1\nkind: WorkerPool\nmetadata: {name: pool}\nspec: {template: {spec: {containers: [{image: app}]}}}\n'

async function project(
  cloudrun: object = { projectid: 'proj', region: 'us-central1' },
  more: object = {},
): Promise<void> {
  await bench.write({
    'skaffold.yaml': JSON.stringify({
      apiVersion: 'skaffold/v4beta13',
      kind: 'Config',
      build: { artifacts: [{ image: 'app' }] },
      manifests: { rawYaml: ['run/*.yaml'] },
      deploy: { cloudrun, ...more },
    }),
    Dockerfile: 'FROM scratch\nCOPY page /page\n',
    page: 'hello',
    'run/service.yaml': service('app'),
  })
}

const repo = (): string => `--default-repo=${bench.registry.host}/team`
const run = (...flags: readonly string[]): ReturnType<GoogleBench['run']> =>
  bench.run(['run', repo(), '--tag=v1', ...flags])

describe('run', () => {
  test('builds for linux/amd64, creates the service, waits, and says where it is; no cluster is asked', async () => {
    await project()
    bench.google.run.readiness = [
      { status: 'True', isOld: true },
      { status: 'Unknown', message: 'Deploying revision succeeded. Waiting for traffic' },
      { status: 'True' },
    ]
    const { status, stdout, stderr } = await run()
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain('Target platforms: [linux/amd64]')
    expect(stdout).toContain(' - service/web created')
    expect(stdout).toContain(' - service/web: waiting for service to start')
    expect(stdout).toContain(' - service/web: Service starting: Deploying revision succeeded. Waiting for traffic')
    expect(stdout).toContain(' - service/web is ready.')
    expect(stdout).toContain('Cloud Run service/web is at https://web-abc.a.run.app')
    const kept = bench.google.run.objects.get('Service/web')
    expect(kept).toMatchObject({
      metadata: { namespace: 'proj', labels: { 'run-id': expect.stringMatching(/^[\da-f-]{36}$/) } },
      spec: {
        template: {
          metadata: { labels: { tier: 'front' } },
          spec: { containers: [{ image: expect.stringMatching(/team\/app:v1@sha256:/) }] },
        },
      },
    })
  })

  test('replaces what is there, jobs and pools as well', async () => {
    await project()
    await bench.write({ 'run/job.yaml': job, 'run/pool.yaml': pool })
    await run()
    const { status, stdout } = await run('--format=json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      resources: [
        { resource: 'job/once', namespace: 'proj', action: 'configured' },
        { resource: 'workerpool/pool', namespace: 'proj', action: 'configured' },
        { resource: 'service/web', namespace: 'proj', action: 'configured' },
      ],
      pods: [],
    })
    expect(bench.google.lines).toContain('PUT /apis/run.googleapis.com/v1/namespaces/proj/jobs/once')
    expect(bench.google.lines).toContain('PUT /v1/projects/proj/locations/us-central1/services/web')
    expect(JSON.stringify(bench.google.run.objects.get('Job/once')?.spec)).toContain('"maxRetries":0')
  })

  test('takes project and region from flags first', async () => {
    await project()
    const { status } = await run('--cloud-run-project=other', '--cloud-run-location=europe-west1')
    expect(status).toBe(0)
    expect(bench.google.lines).toContain('POST /v1/projects/other/locations/europe-west1/services')
  })

  test('runs the hooks around it', async () => {
    const hooks = {
      before: [{ command: ['sh', '-c', 'echo first'] }],
      after: [{ command: ['sh', '-c', 'echo last $SKAFFOLD_RUN_ID'] }],
    }
    await project({ projectid: 'proj', region: 'us-central1', hooks })
    const { stdout } = await run()
    expect(stdout).toMatch(/Starting pre-deploy hooks[^]*first[^]*service\/web created[^]*last [\da-f-]{36}/)
  })
})

describe('what is refused', () => {
  test('an image that Cloud Run cannot run, before anything is sent', async () => {
    await project()
    const name = `${bench.registry.host}/team/arm:v1`
    await pushImages(name, [{ architecture: 'arm64', entrypoint: ['/a'], files: { a: Buffer.from('a') } }])
    await bench.write({ 'run/service.yaml': service(name) })
    const { status, stderr } = await run()
    expect(status).toBe(1)
    expect(stderr).toMatch(
      /error PLATFORM_NOT_OFFERED: Cloud Run runs linux\/amd64 only, and the image \S+team\/arm:v1 of service\S*\/web is for linux\/arm64\nfix: build it for linux\/amd64/,
    )
    expect(bench.google.lines).toEqual([])
  })

  test('a platform that was asked for and is not Cloud Run’s', async () => {
    await project()
    const { status, stderr } = await run('--platform=linux/arm64')
    expect(status).toBe(1)
    expect(stderr).toContain('PLATFORM_NOT_OFFERED')
    expect(bench.google.lines).toEqual([])
  })

  test.each([
    [{ projectid: 'proj' }, 'error CONFIG_MISSING_FIELD: location must be specified with Cloud Run Deployer'],
    [{ region: 'us-central1' }, 'error GOOGLE_PROJECT_UNKNOWN: no Google Cloud project is named for'],
  ])('%j', async (cloudrun, message) => {
    await project(cloudrun)
    const { status, stderr } = await run()
    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining(message) })
  })

  test('a kind that Cloud Run does not know, before anything is sent', async () => {
    await project()
    await bench.write({ 'run/map.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n' })
    const { stderr } = await run()
    expect(stderr).toMatch(/error RESOURCE_INVALID: unsupported Kind for Cloud Run Deployer: v1\/ConfigMap/)
    expect(bench.google.lines).toEqual([])
  })

  test('by Cloud Run itself, with its words', async () => {
    await project()
    const message = "Permission 'run.services.create' denied on resource 'namespaces/proj/services/web'"
    bench.google.fail(/POST .*services/, {
      status: 403,
      json: { error: { code: 403, message, status: 'PERMISSION_DENIED' } },
    })
    const { stderr } = await run()
    expect(stderr).toContain(`error GOOGLE_FORBIDDEN: creating service/web in proj, us-central1 failed: ${message}`)
  })

  test('a service that does not start, with Cloud Run’s words', async () => {
    await project()
    bench.google.run.readiness = [{ status: 'False', message: 'Container failed to start: exec format error' }]
    const { status, stdout, stderr } = await run()
    expect(status).toBe(1)
    expect(stdout).toContain(' - service/web failed.')
    expect(stderr).toMatch(
      /error STATUS_FAILED: Cloud Run service\/web: Service failed to start: Container failed to start: exec format error\nfix: build the image for linux\/amd64/,
    )
  })

  test('a service that takes too long', async () => {
    await project(undefined, { statusCheckDeadlineSeconds: 1 })
    bench.google.run.readiness = [{ status: 'Unknown', message: 'still' }]
    const { stderr } = await run()
    expect(stderr).toContain(
      'error STATUS_DEADLINE: Cloud Run service/web: did not become ready in 1 s: Service starting: still',
    )
  })
})

test('a token that runs out in between, a server in a hurry and a cut connection are no failures', async () => {
  await project()
  bench.google.run.readiness = [{ status: 'Unknown' }, { status: 'Unknown' }, { status: 'True' }]
  bench.google.fail(/GET .*services\/web/, { status: 401, json: {} })
  bench.google.fail(/GET .*services\/web/, { status: 503 }, 2)
  bench.google.fail(/GET .*services\/web/, { cut: true })
  const { status, stderr } = await run()
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})

test('render, apply and delete', async () => {
  await project()
  await run()
  const rendered = await bench.run(['render', repo(), '--tag=v1', '--output=rendered.yaml'])
  expect(rendered).toMatchObject({ status: 0, stderr: expect.stringContaining('Generating tags...') })
  bench.google.run.objects.clear()
  const applied = await bench.run(['apply', 'rendered.yaml'])
  expect(applied).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('service/web created') })
  const wouldBe = await bench.run(['delete', '--dry-run'])
  expect(wouldBe.stdout).toContain('service "web" would be deleted')
  expect(bench.google.run.objects.size).toBe(1)
  const deleted = await bench.run(['delete', '--format=json'])
  expect(JSON.parse(deleted.stdout)).toEqual({ deleted: ['service/web'] })
  expect(bench.google.run.objects.size).toBe(0)
  expect(await bench.run(['delete'])).toMatchObject({ status: 0 })
})

test('dev deploys, says what logs and ports need, deploys again, and cleans up', async () => {
  await project()
  const dev = bench.start(['dev', repo(), '--port-forward'], { PATH: '' })
  await dev.said(/Watching for changes/)
  await bench.write({ page: 'changed' })
  await dev.said(/service\/web configured[^]*Watching for changes/)
  dev.interrupt()
  const { status, stdout, stderr } = await dev.ended
  expect(status).toBe(0)
  expect(stderr).toContain('following logs of Cloud Run needs gcloud, which is not on this machine')
  expect(stderr).toContain('forwarding ports of Cloud Run needs gcloud, which is not on this machine')
  expect(stdout).toContain(' - service "web" deleted')
  expect(bench.google.run.objects.size).toBe(0)
})

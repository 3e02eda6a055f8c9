import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aGoogleBench, type GoogleBench } from '../support/google-bench.ts'
import { pushWhatIsAsked } from '../support/google-push.ts'
import { pushImages } from '../support/push-image.ts'

let bench: GoogleBench
beforeEach(async () => {
  bench = await aGoogleBench()
})
afterEach(() => bench.close())

const config = (artifact: object = {}, googleCloudBuild: object = { projectId: 'proj' }): string =>
  JSON.stringify({
    apiVersion: 'skaffold/v4beta13',
    kind: 'Config',
    build: { artifacts: [{ image: 'app', ...artifact }], googleCloudBuild },
  })

const project = async (...given: Parameters<typeof config>): Promise<void> =>
  bench.write({
    'skaffold.yaml': config(...given),
    Dockerfile: 'FROM scratch\nRUN make\nCOPY src /src\n',
    'src/main.c': 'int main() {}',
    'other.txt': 'not needed',
  })

const flags = (): readonly string[] => ['build', `--default-repo=${bench.registry.host}/team`, '--tag=v1']

describe('build', () => {
  test('of two platforms: sources once, a build for each, one name for both', async () => {
    await project()
    const { status, stdout, stderr } = await bench.run([...flags(), '--platform=linux/amd64,linux/arm64'])
    expect({ status, stderr }).toMatchObject({ status: 0 })
    expect(stderr).toBe('')
    expect(stdout).toMatch(/Pushing code to gs:\/\/proj_cloudbuild\/source\/proj-[\da-f-]+\.tar\.gz/)
    expect(stdout).toMatch(/\[linux\/arm64\] Step 1\/1 : linux\/arm64/)
    expect(stdout).toContain('Build [app] succeeded')
    const answer = await bench.registry.call('GET', '/v2/team/app/manifests/v1')
    const index = answer.json() as { readonly manifests: readonly { readonly platform: unknown }[] }
    expect(index.manifests.map(({ platform }) => platform)).toEqual([
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'arm64' },
    ])
    // of what the Dockerfile takes, and nothing else
    expect([...(bench.google.builds.asked[0]?.files.keys() ?? [])]).toEqual(['Dockerfile', 'src/', 'src/main.c'])
  })

  test('of what was built before starts nothing', async () => {
    await project()
    await bench.run([...flags(), '--platform=linux/amd64'])
    const { status, stdout } = await bench.run([...flags(), '--platform=linux/amd64'])
    expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringContaining('Found') })
    expect(bench.google.builds.asked).toHaveLength(1)
  })

  test('without a platform that anybody asked for is for the workers, whatever this machine is', async () => {
    await project()
    const { stderr, stdout } = await bench.run([...flags(), '--check-cluster-node-platforms=false', '--format=json'])
    expect(stderr).toContain('app is built for linux/amd64')
    expect(stdout).toContain('linux/amd64')
  })

  test('with ko is one build for all platforms', async () => {
    const base = `${bench.registry.host}/base:v1`
    await pushImages(base, [{ architecture: 'amd64', entrypoint: ['/a'], files: { a: Buffer.from('a') } }])
    await bench.write({
      'skaffold.yaml': config({ context: 'go', ko: { fromImage: base } }),
      'go/go.mod': 'module x\n',
      'go/main.go': 'package main\n',
      'go/kodata/page': 'x',
    })
    const { status, stderr } = await bench.run([...flags(), '--platform=linux/amd64,linux/arm64'])
    expect({ status, stderr }).toMatchObject({ status: 0 })
    expect(bench.google.builds.asked).toHaveLength(1)
    expect([...(bench.google.builds.asked[0]?.files.keys() ?? [])]).toContain('kodata/page')
  })
})

describe('what is told', () => {
  test('of a build that fails: how it ended, where, and with which words', async () => {
    await project()
    bench.google.builds.execute = () => ({ status: 'FAILURE', log: ['make: *** no rule\n'], failedStep: 0 })
    const { status, stderr } = await bench.run([...flags(), '--platform=linux/amd64'])
    expect(status).toBe(1)
    expect(stderr).toMatch(/error GOOGLE_BUILD_FAILED: .*cloud build failed: FAILURE: step 0 .*make: \*\*\* no rule/)
    expect(stderr).toMatch(/fix: look at https:\/\/console\//)
  })

  test('of an image that is for another platform than it says', async () => {
    await project()
    bench.google.builds.execute = async (asked) =>
      pushWhatIsAsked({ ...asked, steps: [{ name: 'x', args: ['--platform', 'linux/amd64'] }] })
    const { status, stderr } = await bench.run([...flags(), '--platform=linux/arm64'])
    expect(status).toBe(1)
    expect(stderr).toMatch(/error BUILD_RESULT_INVALID: .*was to make linux\/arm64, .* is for linux\/amd64/)
  })

  test('to who is not logged in', async () => {
    await project()
    const { status, stderr } = await bench.run([...flags(), '--platform=linux/amd64'], {
      CLOUDSDK_CONFIG: '/nowhere',
      PATH: '',
    })
    expect(status).toBe(1)
    expect(stderr).toMatch(
      /error GOOGLE_CREDENTIALS_MISSING: .*\nfix: log in with "gcloud auth application-default login"/,
    )
  })

  test('to whose login has run out', async () => {
    await project()
    bench.google.revokeLogin()
    const { stderr } = await bench.run([...flags(), '--platform=linux/amd64'])
    expect(stderr).toMatch(/error GOOGLE_CREDENTIALS_INVALID: .*invalid_grant: Token has been expired or revoked/)
  })

  test('to who may not', async () => {
    await project()
    const message = "Permission 'cloudbuild.builds.create' denied on resource 'projects/proj'"
    bench.google.fail(/POST .*builds/, {
      status: 403,
      json: { error: { code: 403, message, status: 'PERMISSION_DENIED' } },
    })
    const { stderr } = await bench.run([...flags(), '--platform=linux/amd64'])
    expect(stderr).toContain(`error GOOGLE_FORBIDDEN: starting a build in projects/proj failed: ${message}`)
  })

  test('of a project that nothing says', async () => {
    await project({}, {})
    const { stderr } = await bench.run([...flags(), '--platform=linux/amd64'])
    expect(stderr).toMatch(
      /error GOOGLE_PROJECT_UNKNOWN: unable to guess GCP projectID from image name .*\nfix: set `build/,
    )
  })

  test('by --explain', async () => {
    await project()
    const { stdout } = await bench.run([...flags(), '--platform=linux/arm64', '--explain'])
    expect(stdout).toMatch(/linux\/arm64.*Google Cloud Build/)
    expect(bench.google.lines).toEqual([])
  })
})

test('Ctrl+C cancels the build there, and takes the sources away', async () => {
  await project()
  bench.google.builds.execute = () => ({
    status: 'SUCCESS',
    log: Array.from({ length: 100 }, (_, at) => `line ${at}\n`),
  })
  const running = bench.start([...flags(), '--platform=linux/amd64'])
  await running.said(/line 0/)
  running.interrupt()
  const { status, stdout } = await running.ended
  expect(status).toBe(130)
  expect(bench.google.builds.cancelled).toEqual(bench.google.builds.asked.map(({ id }) => id))
  expect(stdout).toContain('Cancelled the build')
  expect(bench.google.lines.at(-1)).toMatch(/^DELETE .*source/)
})

test('a service account builds as well', async () => {
  await project()
  await bench.write({ 'key.json': bench.google.serviceAccountFile })
  const { status, stderr } = await bench.run([...flags(), '--platform=linux/amd64'], {
    GOOGLE_APPLICATION_CREDENTIALS: `${bench.folder}/project/key.json`,
    CLOUDSDK_CONFIG: '/nowhere',
  })
  expect({ status, stderr }).toMatchObject({ status: 0 })
})

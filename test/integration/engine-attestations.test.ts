import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeWithTools, serviceAddress } from '../support/tools.ts'
import { createWorkbench, type Workbench } from '../support/workbench.ts'

/** What BuildKit attests, under the index of all platforms. */

interface Entry {
  readonly digest: string
  readonly platform: { readonly architecture: string }
  readonly annotations?: Readonly<Record<string, string>>
}

describeWithTools('attestations that flags of an artifact ask for', ['crane', 'engine', 'registry'], (run) => {
  let bench: Workbench
  beforeEach(async () => {
    bench = await createWorkbench()
    await bench.write({
      'skaffold.yaml': `apiVersion: skaffold/v4beta13
kind: Config
build: {artifacts: [{image: app, docker: {cliFlags: ['--provenance=mode=max']}}]}
`,
      Dockerfile: 'FROM scratch\nCOPY file /file\n',
      file: 'content\n',
    })
  })
  afterEach(async () => bench.close())

  test.each([
    ['two platforms', ['amd64', 'arm64']],
    ['one platform', ['amd64']],
  ])('of %s: each stands beside its image, whole', async (_, architectures) => {
    const repository = `${serviceAddress('registry')}/engines/attested-${process.pid}`
    const { DOCKER_HOST = '', DOCKER_CONFIG = '' } = process.env
    const platforms = architectures.map((one) => `linux/${one}`).join(',')
    const args = ['build', `--platform=${platforms}`, `--default-repo=${repository}`, '-t', 'v1']
    const built = await bench.run(args, { env: { DOCKER_HOST, DOCKER_CONFIG } })
    expect(built.code, built.output).toBe(0)
    const read = async (name: string): Promise<string> => (await run('crane', ['manifest', '--insecure', name])).stdout
    const index = JSON.parse(await read(`${repository}/app:v1`)) as { readonly manifests: readonly Entry[] }
    const kinds = index.manifests.map(
      ({ platform, annotations }) => annotations?.['vnd.docker.reference.type'] ?? platform.architecture,
    )
    expect(kinds).toEqual([...architectures, ...architectures.map(() => 'attestation-manifest')])
    const [images, attestations] = [
      index.manifests.slice(0, architectures.length),
      index.manifests.slice(architectures.length),
    ]
    expect(attestations.map(({ annotations }) => annotations?.['vnd.docker.reference.digest'])).toEqual(
      images.map(({ digest }) => digest),
    )
    for (const { digest } of attestations) {
      const { layers } = JSON.parse(await read(`${repository}/app@${digest}`)) as {
        layers: readonly { digest: string }[]
      }
      const statement = await run('crane', ['blob', '--insecure', `${repository}/app@${layers[0]?.digest ?? ''}`])
      expect(JSON.parse(statement.stdout)).toMatchObject({
        predicateType: expect.stringContaining('slsa.dev/provenance'),
      })
    }
  })
})

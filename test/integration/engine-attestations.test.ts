import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeWithTools, serviceAddress } from '../support/tools.ts'
import { createWorkbench, type Workbench } from '../support/workbench.ts'

/** What BuildKit attests, under the index of all platforms. */

interface Entry {
  readonly mediaType: string
  readonly digest: string
  readonly platform: { readonly os: string; readonly architecture: string }
  readonly annotations?: Readonly<Record<string, string>>
}

describeWithTools('attestations', ['crane', 'engine', 'registry'], (run) => {
  let bench: Workbench
  const { DOCKER_HOST = '', DOCKER_CONFIG = '' } = process.env
  beforeEach(async () => {
    bench = await createWorkbench()
  })
  afterEach(async () => bench.close())

  /** By a flag that only an engine knows; nothing is run, so that nothing has to be emulated. */
  const build = async (
    { flags = [], platforms = 'linux/amd64', env = {}, build: more = '' }: Build,
    command: readonly string[] = ['build'],
  ): Promise<string> => {
    await bench.write({
      'skaffold.yaml': `apiVersion: skaffold/v4beta13
kind: Config
build: {${more} artifacts: [{image: app, docker: {cliFlags: ${JSON.stringify(['--label=a=b', ...flags])}}}]}
`,
      Dockerfile: `FROM scratch\nCOPY Dockerfile /made-${process.pid}\n`,
    })
    const repository = `${serviceAddress('registry')}/engines/attested-${process.pid}`
    const args = [...command, `--platform=${platforms}`, `--default-repo=${repository}`, '-t', 'v1']
    const built = await bench.run(args, { env: { DOCKER_HOST, DOCKER_CONFIG, ...env } })
    expect(built.code, built.output).toBe(0)
    return `${repository}/app`
  }
  const read = async (name: string): Promise<Document> =>
    JSON.parse((await run('crane', ['manifest', '--insecure', name])).stdout) as Document
  const kindsOf = ({ manifests = [] }: Document): readonly string[] =>
    manifests.map(({ platform, annotations }) => annotations?.['vnd.docker.reference.type'] ?? platform.architecture)
  const statementsOf = async (repository: string, { digest }: Entry): Promise<readonly string[]> => {
    const { layers = [] } = await read(`${repository}@${digest}`)
    const statements = await Promise.all(
      layers.map(async (layer) => run('crane', ['blob', '--insecure', `${repository}@${layer.digest}`])),
    )
    return statements.map(({ stdout }) => (JSON.parse(stdout) as { predicateType: string }).predicateType)
  }

  test.each([
    ['two platforms', ['amd64', 'arm64'], []],
    ['one platform', ['amd64'], []],
    ['two platforms, as flags ask', ['amd64', 'arm64'], ['--provenance=mode=max']],
  ])('of %s: how each image was made stands beside it, whole', async (_, architectures, flags) => {
    const repository = await build({ flags, platforms: architectures.map((one) => `linux/${one}`).join(',') })
    const index = await read(`${repository}:v1`)
    const { manifests = [] } = index
    expect(kindsOf(index)).toEqual([...architectures, ...architectures.map(() => 'attestation-manifest')])
    const [images, attestations] = [manifests.slice(0, architectures.length), manifests.slice(architectures.length)]
    expect(attestations.map(({ annotations }) => annotations?.['vnd.docker.reference.digest'])).toEqual(
      images.map(({ digest }) => digest),
    )
    for (const attestation of attestations) {
      expect(attestation.platform).toEqual({ os: 'unknown', architecture: 'unknown' })
      expect(await statementsOf(repository, attestation)).toEqual([expect.stringContaining('slsa.dev/provenance')])
    }
  })

  test('are kept when nothing has to be built, under another tag as well', async () => {
    const env = { XDG_CACHE_HOME: bench.path('cache') }
    const repository = await build({ env })
    const first = await run('crane', ['digest', '--insecure', `${repository}:v1`])
    const again = await bench.run(
      ['build', '--platform=linux/amd64', `--default-repo=${repository.replace(/\/app$/, '')}`, '-t', 'v2'],
      { env: { DOCKER_HOST, DOCKER_CONFIG, ...env } },
    )
    expect(again.output).toContain('Found')
    expect((await run('crane', ['digest', '--insecure', `${repository}:v2`])).stdout).toBe(first.stdout)
  })

  test.each<[string, Build]>([
    ['flags that turn them off', { flags: ['--provenance=false'] }],
    ['the variable of buildx', { env: { BUILDX_NO_DEFAULT_ATTESTATIONS: '1' } }],
    ["Docker's old builder", { build: 'local: {useBuildkit: false},' }],
  ])('there are none with %s', async (_, how) => {
    const repository = await build(how)
    const top = await read(`${repository}:v1`)
    expect(top.mediaType).toBe('application/vnd.oci.image.manifest.v1+json')
  })
})

interface Build {
  readonly flags?: readonly string[]
  readonly platforms?: string
  readonly env?: Readonly<Record<string, string>>
  /** Fields of `build`. */
  readonly build?: string
}

/** A manifest or an index. */
interface Document {
  readonly mediaType: string
  readonly manifests?: readonly Entry[]
  readonly layers?: readonly { readonly digest: string }[]
}

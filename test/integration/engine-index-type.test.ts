import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeWithTools, serviceAddress } from '../support/tools.ts'
import { createWorkbench, type Workbench } from '../support/workbench.ts'

/** Media types that are asked for, as a registry and other tools see them. */

interface Document {
  readonly mediaType: string
  readonly config?: { readonly mediaType: string; readonly digest: string }
  readonly layers?: readonly { readonly mediaType: string; readonly digest: string }[]
  readonly manifests?: readonly { readonly mediaType: string; readonly digest: string }[]
}

const docker = 'application/vnd.docker.'
const platforms = 'linux/amd64,linux/arm64'

describeWithTools('--index-type', ['crane', 'engine', 'registry', 'skopeo'], (run) => {
  let bench: Workbench
  const { DOCKER_HOST = '', DOCKER_CONFIG = '', CATAMARAN_TEST_TOOLS = '' } = process.env
  beforeEach(async () => {
    bench = await createWorkbench()
  })
  afterEach(async () => bench.close())

  // nothing is run, so that nothing has to be emulated
  const artifacts = {
    'the native builder': '{image: app}',
    'an engine': '{image: app, docker: {cliFlags: ["--label=a=b", "--provenance=false"]}}',
    'a script that pushes on its own': `{image: app, custom: {buildCommand: "${script()}"}}`,
  }
  const read = async (name: string): Promise<Document> =>
    JSON.parse((await run('crane', ['manifest', '--insecure', name])).stdout) as Document
  /** However deep they lie. */
  const imagesOf = async (name: string): Promise<readonly Document[]> => {
    const document = await read(name)
    if (document.manifests === undefined) return [document]
    const repository = name.replace(/[:@][^/]*$/, '')
    const nested = document.manifests.map(async ({ digest }) => imagesOf(`${repository}@${digest}`))
    return (await Promise.all(nested)).flat()
  }

  test.each(Object.entries(artifacts))('of what %s makes', async (_, artifact) => {
    await bench.write({
      'skaffold.yaml': `apiVersion: skaffold/v4beta13\nkind: Config\nbuild: {artifacts: [${artifact}]}\n`,
      Dockerfile: `FROM scratch\nCOPY Dockerfile /made-${process.pid}\n`,
    })
    const repository = `${serviceAddress('registry')}/engines/typed-${process.pid}`
    const env = { DOCKER_HOST, DOCKER_CONFIG, CRANE: `${CATAMARAN_TEST_TOOLS}/crane` }
    const args = ['build', `--platform=${platforms}`, `--default-repo=${repository}`]
    for (const [tag, more] of [
      ['plain', []],
      ['typed', ['--index-type=docker']],
    ] as const) {
      const built = await bench.run([...args, '-t', tag, ...more], { env })
      expect(built.code, built.output).toBe(0)
    }
    const [plain, typed] = [await imagesOf(`${repository}/app:plain`), await imagesOf(`${repository}/app:typed`)]
    expect(typed.map(typesOf)).toEqual([dockerTypes, dockerTypes])
    expect(typed.map(contentOf)).toEqual(plain.map(contentOf))
    expect((await read(`${repository}/app:typed`)).mediaType).toBe(`${docker}distribution.manifest.list.v2+json`)
    const copied = ['copy', '--multi-arch=all', '--src-tls-verify=false', `docker://${repository}/app:typed`]
    await run('skopeo', [...copied, `dir:${bench.path('copied')}`])
  })
})

const dockerTypes = [`${docker}distribution.manifest.v2+json`, `${docker}container.image.v1+json`, docker]

function typesOf({ mediaType, config, layers = [] }: Document): readonly unknown[] {
  return [mediaType, config?.mediaType, layers.every((layer) => layer.mediaType.startsWith(docker)) ? docker : layers]
}

/** Digests that no media type changes. */
function contentOf({ config, layers = [] }: Document): readonly unknown[] {
  return [config?.digest, ...layers.map(({ digest }) => digest)]
}

/** Builds an OCI index with buildx and lets crane push it, as a script of a project might. */
function script(): string {
  const build = `docker buildx build --provenance=false --platform ${platforms} --output type=oci,dest=layout,tar=false .`
  return `${build} && $CRANE push --insecure --index layout $IMAGE`
}

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openKube } from '../../src/kube/index.ts'
import { runProcess } from '../../src/subprocess/index.ts'
import type { CliResult } from '../support/cli.ts'
import { createWorkbench, type Workbench } from '../support/workbench.ts'

/** What is built for which platforms, as Skaffold's rules have it, through the command line and against clusters. */

let bench: Workbench
let kubeconfigs: Readonly<Record<string, string>>

beforeAll(async () => {
  bench = await createWorkbench()
  await bench.write({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /x\n' })
  const mixed = await bench.sandbox('2xlinux/amd64,1xlinux/arm64')
  const arm = await bench.sandbox('1xlinux/arm64')
  const none = await bench.sandbox('1xlinux/s390x')
  await withoutNodes(none.kubeconfig)
  kubeconfigs = { mixed: mixed.kubeconfig, arm: arm.kubeconfig, none: none.kubeconfig, away: bench.path('nowhere') }
})

afterAll(async () => {
  await (bench as Workbench | undefined)?.close()
})

/** As a cluster that is scaled to zero. */
async function withoutNodes(kubeconfig: string): Promise<void> {
  const client = await openKube({ env: {}, runProcess, kubeconfig })
  const kind = { apiVersion: 'v1', kind: 'Node' }
  for (const { metadata } of await client.list(kind)) await client.delete({ ...kind, name: metadata.name })
  expect(await client.list(kind)).toEqual([])
  await client.close()
}

interface Asked {
  readonly flags?: string
  /** `build.platforms`. */
  readonly pipeline?: string
  /** `platforms` of the first of two artifacts. */
  readonly artifact?: string
  readonly cluster?: 'mixed' | 'arm' | 'none' | 'away'
  readonly env?: Readonly<Record<string, string>>
  /** Of the machine; this one's system and `x64` when absent. */
  readonly host?: readonly [platform: string, arch: string]
}

async function run({
  flags = '',
  pipeline,
  artifact,
  cluster,
  env,
  host = ['linux', 'x64'],
}: Asked): Promise<CliResult> {
  const list = (text: string | undefined): string => (text === undefined ? '' : `platforms: [${text}]`)
  const build = `build:\n  ${list(pipeline)}\n  artifacts:\n  - {image: one, ${list(artifact)}}\n  - image: two\n`
  await bench.write({ 'skaffold.yaml': `apiVersion: skaffold/v4beta13\nkind: Config\n${build}` })
  const [platform, arch] = host
  const machine = `Object.defineProperties(process,{platform:{value:'${platform}'},arch:{value:'${arch}'}})`
  const kubeconfig = cluster === undefined ? '' : (kubeconfigs[cluster] ?? '')
  const args = ['build', '--dry-run', '--format=json', '-t', 'v1', ...flags.split(' ').filter((flag) => flag !== '')]
  return bench.run(args, {
    env: { NODE_OPTIONS: `--import=data:text/javascript,${machine}`, KUBECONFIG: kubeconfig, ...env },
  })
}

interface Chosen {
  readonly builds: readonly { readonly imageName: string; readonly platforms: readonly string[] }[]
}

/** The platforms of both artifacts: `linux/amd64,linux/arm64 | linux/amd64`. */
function chosen({ stdout }: CliResult): string {
  const { builds } = JSON.parse(stdout) as Chosen
  return builds.map(({ platforms }) => platforms.join(',')).join(' | ')
}

const check = '--check-cluster-node-platforms'
const onlyOne = '--disable-multi-platform-build'
const both = 'linux/amd64,linux/arm64'

describe('what is chosen', () => {
  test.each<[string, Asked, string]>([
    ['nothing is asked for: this machine', {}, 'linux/amd64 | linux/amd64'],
    ['linux on a Mac', { host: ['darwin', 'arm64'] }, 'linux/arm64 | linux/arm64'],
    ['linux on Windows', { host: ['win32', 'x64'] }, 'linux/amd64 | linux/amd64'],
    ['build.platforms', { pipeline: both }, `${both} | ${both}`],
    ['--platform instead', { pipeline: both, flags: '--platform=linux/386' }, 'linux/386 | linux/386'],
    [
      '--platform by another name, and without a system',
      { flags: '--platform=aarch64,x86_64' },
      'linux/arm64,linux/amd64 | linux/arm64,linux/amd64',
    ],
    ['SKAFFOLD_PLATFORM', { env: { SKAFFOLD_PLATFORM: 'linux/arm64' } }, 'linux/arm64 | linux/arm64'],
    ['CATAMARAN_PLATFORM', { env: { CATAMARAN_PLATFORM: 'linux/386' } }, 'linux/386 | linux/386'],
    [
      'Skaffold’s variable before it',
      { env: { SKAFFOLD_PLATFORM: 'linux/arm64', CATAMARAN_PLATFORM: 'linux/386' } },
      'linux/arm64 | linux/arm64',
    ],
    [
      'the flag before both',
      { flags: '--platform=linux/amd64', env: { SKAFFOLD_PLATFORM: 'linux/arm64', CATAMARAN_PLATFORM: 'linux/386' } },
      'linux/amd64 | linux/amd64',
    ],
    ['an artifact limits', { pipeline: both, artifact: 'linux/arm64' }, `linux/arm64 | ${both}`],
    ['an artifact alone says', { artifact: 'linux/arm64, linux/s390x' }, 'linux/arm64,linux/s390x | linux/amd64'],
    ['the cluster’s nodes', { cluster: 'mixed', flags: check }, `${both} | ${both}`],
    ['not without being asked for them', { cluster: 'mixed' }, 'linux/amd64 | linux/amd64'],
    [
      'by the variable',
      { cluster: 'arm', env: { SKAFFOLD_CHECK_CLUSTER_NODE_PLATFORMS: 'true' } },
      'linux/arm64 | linux/arm64',
    ],
    [
      'the flag before the variable',
      { cluster: 'arm', flags: `${check}=false`, env: { SKAFFOLD_CHECK_CLUSTER_NODE_PLATFORMS: 'true' } },
      'linux/amd64 | linux/amd64',
    ],
    [
      'what is asked for and the nodes have',
      { cluster: 'mixed', flags: `${check} --platform=linux/arm64,linux/s390x` },
      'linux/arm64 | linux/arm64',
    ],
    [
      'build.platforms, the nodes and the artifact',
      { cluster: 'mixed', flags: check, pipeline: `${both}, linux/386`, artifact: 'linux/arm64, linux/386' },
      `linux/arm64 | ${both}`,
    ],
    ['all of the nodes', { cluster: 'mixed', flags: `${check} --platform=all` }, `${both} | ${both}`],
    ['one: this machine’s', { pipeline: both, flags: onlyOne }, 'linux/amd64 | linux/amd64'],
    [
      'one: a Mac’s, in linux',
      { cluster: 'mixed', flags: `${check} ${onlyOne}`, host: ['darwin', 'arm64'] },
      'linux/arm64 | linux/arm64',
    ],
    [
      'one: the first, where this machine’s is not there',
      { pipeline: 'linux/s390x, linux/ppc64le', flags: onlyOne },
      'linux/s390x | linux/s390x',
    ],
    ['one of an artifact’s', { pipeline: both, artifact: 'linux/arm64', flags: onlyOne }, 'linux/arm64 | linux/amd64'],
  ])('%s', async (_, asked, expected) => {
    const result = await run(asked)
    expect(result.code, result.output).toBe(0)
    expect(chosen(result)).toBe(expected)
  })
})

describe('what is said', () => {
  test.each<[string, Asked, string, string]>([
    [
      'nodes of other platforms: what is asked for stays',
      { cluster: 'arm', flags: `${check} --platform=linux/amd64` },
      'linux/amd64 | linux/amd64',
      'WARN build target platforms "linux/amd64" do not match active kubernetes cluster node platforms "linux/arm64"',
    ],
    [
      'a cluster without nodes says nothing',
      { cluster: 'none', flags: check },
      'linux/amd64 | linux/amd64',
      'WARN the cluster has no nodes, so it does not say which platforms to build',
    ],
    [
      'a cluster that cannot be read',
      { cluster: 'away', flags: check },
      'linux/amd64 | linux/amd64',
      'WARN failed to detect active kubernetes cluster node platform',
    ],
    [
      'platforms that one only leaves out',
      { cluster: 'mixed', flags: `${check} ${onlyOne}` },
      'linux/amd64 | linux/amd64',
      'WARN building only linux/amd64 of linux/amd64,linux/arm64 for one',
    ],
  ])('%s', async (_, asked, platforms, warning) => {
    const result = await run(asked)
    expect(result.code, result.output).toBe(0)
    expect(chosen(result)).toBe(platforms)
    expect(result.stderr).toContain(warning)
  })

  test.each<[string, Asked, string]>([
    [
      'an artifact that leaves nothing',
      { flags: '--platform=linux/amd64', artifact: 'linux/arm64' },
      'build target platforms "linux/amd64" do not match platform constraints "["linux/arm64"]" defined for artifact "one"',
    ],
    [
      'an artifact that the cluster’s nodes leave nothing',
      { cluster: 'arm', flags: check, artifact: 'linux/amd64' },
      'build target platforms "linux/arm64" do not match platform constraints "["linux/amd64"]" defined for artifact "one"',
    ],
    ['a word that is no platform', { flags: '--platform=linux/loong' }, 'unable to recognise platform "linux/loong"'],
    ['a word in skaffold.yaml that is none', { pipeline: 'a/b/c/d' }, 'unable to recognise platform "a/b/c/d"'],
    ['all of nobody knows what', { flags: '--platform=all' }, '"all" leaves the platforms of one open'],
  ])('%s is refused', async (_, asked, message) => {
    const result = await run(asked)
    expect(result.code, result.output).toBe(1)
    expect(result.stderr).toContain(message)
  })

  test('with -v info, why', async () => {
    const { stderr } = await run({ cluster: 'mixed', flags: `${check} -v info`, artifact: 'linux/arm64' })
    expect(stderr).toContain(
      "INFO platforms of one: asked for none; cluster has linux/amd64,linux/arm64; artifact allows linux/arm64; chosen linux/arm64 (the platforms of the cluster's nodes, limited by the artifact)",
    )
  })
})

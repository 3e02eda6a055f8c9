import { afterAll, beforeAll, expect, test } from 'vitest'
import { registryReader, type StoredDescriptor } from '../support/registry-reader.ts'
import { describeWithTools, serviceAddress } from '../support/tools.ts'
import { tinyElf } from '../support/tiny-elf.ts'
import { createWorkbench, type Workbench } from '../support/workbench.ts'
import { pushImages } from '../support/push-image.ts'

/** The commands of docker manifest, and what catamaran makes of the same lines. */

let bench: Workbench

beforeAll(async () => {
  bench = await createWorkbench()
})

afterAll(async () => {
  await bench.close()
})

const catamaran = async (...args: readonly string[]): Promise<string> => {
  const result = await bench.run(args, {
    env: { DOCKER_CLI_EXPERIMENTAL: 'enabled', DOCKER_HOST: serviceAddress('engine') },
  })
  expect(result.code, result.output).toBe(0)
  return result.stdout
}

const host = (): string => serviceAddress('registry')

async function pushPair(name: string): Promise<readonly string[]> {
  return Promise.all(
    (['arm64', 'amd64'] as const).map(async (architecture) => {
      const image = `${host()}/${name}-linux-${architecture}:1.5`
      const files = { server: tinyElf({ architecture, message: architecture, afterwards: { exit: 0 } }) }
      await pushImages(image, [{ architecture, entrypoint: ['/server'], files }])
      return image
    }),
  )
}

describeWithTools('docker manifest', ['docker', 'registry'], (tool) => {
  const docker = async (...args: readonly string[]): Promise<string> =>
    (await tool('docker', args, { env: { DOCKER_CONFIG: bench.path('docker'), DOCKER_CLI_EXPERIMENTAL: 'enabled' } }))
      .stdout

  type Run = (...args: readonly string[]) => Promise<string>

  /** The guide, line for line. */
  async function guide(run: Run, list: string, images: readonly string[]): Promise<string> {
    const created = await run('manifest', 'create', '--amend', '--insecure', list, ...images)
    for (const image of images) {
      const architecture = image.includes('arm64') ? 'arm64' : 'amd64'
      await run('manifest', 'annotate', list, image, '--arch', architecture)
    }
    return created + (await run('manifest', 'push', '-p', '--insecure', list))
  }

  const pushedLines = (output: string): readonly string[] =>
    output.split('\n').filter((line) => line.startsWith('Pushed'))

  test('the four commands of the guide give the same index, and say the same', async () => {
    const images = await pushPair('cce/backend')
    const theirs = await guide(docker, `${host()}/cce/backend:theirs`, images)
    const ours = await guide(catamaran, `${host()}/cce/backend:ours`, images)
    const reader = registryReader(host())
    const [their, our] = await Promise.all(['theirs', 'ours'].map(async (tag) => reader.manifest('cce/backend', tag)))
    expect(our?.mediaType).toBe(their?.mediaType)
    const sorted = (entries: readonly StoredDescriptor[] = []): readonly StoredDescriptor[] =>
      entries.toSorted((one, other) => (one.digest < other.digest ? -1 : 1))
    expect(sorted(our?.body.manifests)).toEqual(sorted(their?.body.manifests))
    // docker sorts by name; here the order is the one that was given
    expect(our?.body.manifests?.map(({ platform }) => platform?.architecture)).toEqual(['arm64', 'amd64'])
    expect(ours.split('\n')[0]).toBe(`Created manifest list ${host()}/cce/backend:ours`)
    expect(theirs.split('\n')[0]).toBe(`Created manifest list ${host()}/cce/backend:theirs`)
    expect(new Set(pushedLines(ours))).toEqual(new Set(pushedLines(theirs)))
    expect(ours.trim().split('\n').at(-1)).toBe(our?.digest)
  })

  test('a list in the order of names has the digest that docker gives it', async () => {
    const images = (await pushPair('cce/digest')).toSorted()
    const digests: string[] = []
    for (const [run, tag] of [
      [docker, 'theirs'],
      [catamaran, 'ours'],
    ] as const) {
      const list = `${host()}/cce/digest:${tag}`
      await run('manifest', 'create', '--insecure', list, ...images)
      const about = ['--variant', 'v8', '--os-version', '1', '--os-features', 'a,<b>']
      await run('manifest', 'annotate', list, images[1] ?? '', '--arch', 'arm64', ...about)
      digests.push((await run('manifest', 'push', '-p', '--insecure', list)).trim().split('\n').at(-1) ?? '')
    }
    const [theirs, ours] = digests
    expect(theirs).toMatch(/^sha256:/)
    expect(ours).toBe(theirs)
  })

  test('inspect prints the same of what is in a registry', async () => {
    const images = await pushPair('cce/shown')
    const list = `${host()}/cce/shown:1.5`
    await guide(catamaran, list, images)
    for (const args of [[list], ['-v', list], [images[0] ?? ''], ['-v', images[0] ?? '']]) {
      const theirs: unknown = JSON.parse(await docker('manifest', 'inspect', '--insecure', ...args))
      const ours: unknown = JSON.parse(await catamaran('manifest', 'inspect', '--insecure', ...args))
      expect(ours, args.join(' ')).toEqual(theirs)
    }
  })

  test('inspect prints the same of a list on this machine', async () => {
    const images = await pushPair('cce/local')
    const list = `${host()}/cce/local:1.5`
    for (const run of [docker, catamaran]) {
      await run('manifest', 'create', '--insecure', list, ...images.toSorted())
      await run(
        'manifest',
        'annotate',
        list,
        images[0] ?? '',
        '--variant',
        'v8',
        '--os-version',
        '1',
        '--os-features',
        'a,b',
      )
    }
    for (const args of [[list], ['-v', list], [list, images[0] ?? '']]) {
      const theirs: unknown = JSON.parse(await docker('manifest', 'inspect', ...args))
      const ours: unknown = JSON.parse(await catamaran('manifest', 'inspect', ...args))
      expect(ours, args.join(' ')).toEqual(theirs)
    }
    for (const run of [docker, catamaran]) await run('manifest', 'rm', list)
  })

  test.each([
    ['create without --amend', ['manifest', 'create', '--insecure', 'LIST', 'IMAGE'], 'refusing to amend'],
    [
      'annotate of an image that is not in the list',
      ['manifest', 'annotate', 'LIST', 'none:1', '--arch', 'arm64'],
      'manifest for image none:1 does not exist in LIST',
    ],
    [
      'push of a list that is not there',
      ['manifest', 'push', 'never:1'],
      'No such manifest: docker.io/library/never:1',
    ],
    ['rm of a list that is not there', ['manifest', 'rm', 'never:1'], 'No such manifest: docker.io/library/never:1'],
    ['an image that is not in the list', ['manifest', 'inspect', 'LIST', 'never:1'], undefined],
    ['too few arguments', ['manifest', 'create', 'LIST'], 'requires at least 2 arguments'],
  ])('%s fails in the same words', async (title, words, said) => {
    const [image = ''] = await pushPair('cce/failing')
    const list = `${host()}/cce/failing:${title.replaceAll(/\W/g, '-')}`
    const args = words.map((word) => ({ LIST: list, IMAGE: image })[word] ?? word)
    for (const run of [docker, catamaran]) await run('manifest', 'create', '--insecure', list, image)
    const expected = said?.replace('LIST', list)
    await expect(docker(...args)).rejects.toThrow(expected)
    const ours = await bench.run(args)
    expect(ours.code).not.toBe(0)
    if (expected !== undefined) expect(ours.stderr).toContain(expected)
  })
})

describeWithTools('docker', ['docker', 'engine', 'registry'], (tool) => {
  test('runs the variant of its own processor out of an index that catamaran stitched', async () => {
    const images = await pushPair('cce/run')
    const name = `${host()}/cce/run:1.5`
    await catamaran('index', 'create', name, ...images)
    const { stdout } = await tool('docker', ['run', '--rm', '--network=none', name])
    expect(stdout.trim()).toBe(process.arch === 'arm64' ? 'arm64' : 'amd64')
    await tool('docker', ['image', 'rm', name])
  })

  test('gives its images, and takes others', async () => {
    const images = await pushPair('cce/engine')
    const name = `${host()}/cce/engine:1.5`
    await catamaran('index', 'create', name, ...images)
    await catamaran('copy', name, 'docker-daemon:catamaran-test/engine:1')
    const { stdout } = await tool('docker', ['run', '--rm', '--network=none', 'catamaran-test/engine:1'])
    expect(stdout.trim()).toBe(process.arch === 'arm64' ? 'arm64' : 'amd64')
    await catamaran('copy', 'docker-daemon:catamaran-test/engine:1', `${host()}/cce/back:1`)
    const table = await catamaran('image', 'inspect', `${host()}/cce/back:1`)
    expect(table).toMatch(/^linux\/amd64 /m)
    await tool('docker', ['image', 'rm', 'catamaran-test/engine:1'])
  })
})

describeWithTools('crane and skopeo', ['crane', 'skopeo', 'registry'], (tool) => {
  test('find what catamaran copied whole, and read its archives', async () => {
    const images = await pushPair('cce/peers')
    const name = `${host()}/cce/peers:1.5`
    await catamaran('index', 'create', name, ...images)
    await catamaran('copy', name, `${host()}/cce/peers-copy:1`)
    await tool('crane', ['validate', '--insecure', '--remote', `${host()}/cce/peers-copy:1`])
    await catamaran('copy', name, `oci-archive:${bench.path('peers.tar')}:x`)
    const { stdout } = await tool('skopeo', ['inspect', '--raw', `oci-archive:${bench.path('peers.tar')}:x`])
    expect(JSON.parse(stdout)).toEqual((await registryReader(host()).manifest('cce/peers', '1.5'))?.body)
    await catamaran('copy', images[0] ?? '', `docker-archive:${bench.path('peers-docker.tar')}:a/b:1`)
    const config = await tool('skopeo', [
      'inspect',
      '--config',
      `docker-archive:${bench.path('peers-docker.tar')}:a/b:1`,
    ])
    expect(JSON.parse(config.stdout)).toMatchObject({ architecture: 'arm64' })
  })

  test('write folders and archives that catamaran reads', async () => {
    const [image = ''] = await pushPair('cce/read')
    const source = ['--insecure-policy', 'copy', '--src-tls-verify=false', `docker://${image}`]
    await tool('skopeo', [...source, `oci:${bench.path('theirs')}:x`])
    await tool('skopeo', [...source, `docker-archive:${bench.path('theirs.tar')}:a/b:1`])
    for (const place of [`oci:${bench.path('theirs')}:x`, `docker-archive:${bench.path('theirs.tar')}:a/b:1`]) {
      const verified = await catamaran('image', 'verify', '--deep', place)
      expect(verified, place).toContain('linux/arm64: /server')
    }
  })
})

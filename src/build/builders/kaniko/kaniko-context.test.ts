import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aToolBench, type ToolBench } from '../../../../test/support/tool-builds.ts'
import type { KanikoArtifact } from '../../../config/index.ts'
import { decompress, readTar } from '../../../layer/index.ts'
import { packContext, type SentContext } from './kaniko-context.ts'

const plain: KanikoArtifact = {
  kind: 'kaniko',
  dockerfile: 'Dockerfile',
  buildArgs: {},
  image: 'executor',
  initImage: 'init',
}

describe('the context that is sent', () => {
  let bench: ToolBench
  beforeEach(async () => {
    bench = await aToolBench()
    await mkdir(join(bench.context, 'sub/src'), { recursive: true })
    await Promise.all(
      Object.entries({
        Dockerfile: 'FROM scratch\nARG WHAT=sub\nCOPY ${WHAT} /\nCOPY --from=scratch x /\n',
        'Dockerfile.dockerignore': '**/secret\n',
        'sub/src/a': 'a',
        'sub/src/secret': 's',
        'sub/Dockerfile': 'FROM scratch\nCOPY src /\n',
        unused: 'u',
      }).map(async ([name, text]) => writeFile(join(bench.context, name), text)),
    )
    await symlink('a', join(bench.context, 'sub/src/link'))
  })
  afterEach(async () => bench.close())

  async function pack(kaniko: Partial<KanikoArtifact>): Promise<SentContext> {
    return packContext(bench.request({ ...plain, ...kaniko }, 'linux/amd64'), { workFolder: bench.workFolder })
  }

  async function namesIn({ archive }: SentContext): Promise<readonly string[]> {
    const names: string[] = []
    for await (const entry of readTar(decompress(archive.open()))) names.push(`${entry.path} ${entry.kind}`)
    return names
  }

  test('is what the Dockerfile copies, and nothing else', async () => {
    const sent = await pack({})
    expect(sent.dockerfile).toBe('Dockerfile')
    expect(await namesIn(sent)).toEqual([
      'Dockerfile file',
      'Dockerfile.dockerignore file',
      'sub directory',
      'sub/Dockerfile file',
      'sub/src directory',
      'sub/src/a file',
      'sub/src/link symlink',
    ])
  })

  test('follows the build arguments', async () => {
    expect(await namesIn(await pack({ buildArgs: { WHAT: 'unused' } }))).toContain('unused file')
  })

  test('is a folder of the context when that is asked for', async () => {
    const sent = await pack({ contextSubPath: 'sub' })
    expect(await namesIn(sent)).toEqual([
      'Dockerfile file',
      'src directory',
      'src/a file',
      'src/link symlink',
      'src/secret file',
    ])
  })

  test('takes a Dockerfile along that is not in it', async () => {
    const sent = await pack({ contextSubPath: 'sub', dockerfile: '../Dockerfile' })
    expect(sent.dockerfile).toBe('.catamaran.Dockerfile')
    expect(await namesIn(sent)).toEqual(['.catamaran.Dockerfile file', '.catamaran.Dockerfile.dockerignore file'])
  })
})

import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ContainerConfig } from '../../src/image/index.ts'
import { exampleFolder } from '../support/cli.ts'
import { corpusBases } from '../support/dockerfile-corpus.ts'
import { aProject, writeContext, type ContextEntry, type Project } from '../support/native-build.ts'
import { comparableImage, readOciFolder, viewOfImage, type ComparableImage } from '../support/oci-folder.ts'
import { aRegistry } from '../support/registry-fixtures.ts'
import { describeWithTools, serviceAddress, type RunTool } from '../support/tools.ts'
import { parseReference } from '../../src/reference/index.ts'
import { publishImages } from '../../src/transfer/index.ts'

/** buildah and Docker build the same Dockerfiles; file by file it has to be the same image. */

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'native-tools-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** Without what tools add about themselves, and what a container has anyway. */
function configOf({ config }: ComparableImage): ContainerConfig {
  const { ArgsEscaped: _, WorkingDir = '/', Labels, ...rest } = config.config ?? {}
  const labels = Object.entries(Labels ?? {}).filter(([name]) => !name.startsWith('io.buildah.'))
  return { ...rest, WorkingDir, Labels: Object.fromEntries(labels) }
}

describeWithTools('buildah', ['buildah'], (tool) => {
  let example: Project
  beforeAll(async () => {
    example = await aProject({})
    cpSync(exampleFolder('hello-mixed'), example.folder, { recursive: true })
  })
  afterAll(async () => example.close())

  test.each(['amd64', 'arm64'])('makes the same of examples/hello-mixed for linux/%s', async (architecture) => {
    const ours = await comparableImage(await example.build({ platform: `linux/${architecture}` }))
    const theirs = await buildahBuild(tool, example.folder, architecture)
    expect(ours.files).toEqual(theirs.files)
    expect(configOf(ours)).toEqual(configOf(theirs))
    expect([ours.config.os, ours.config.architecture]).toEqual([theirs.config.os, theirs.config.architecture])
  })
})

async function buildahBuild(tool: RunTool, context: string, architecture: string): Promise<ComparableImage> {
  const storage = ['--root', join(folder, 'root'), '--runroot', join(folder, 'runroot'), '--storage-driver', 'vfs']
  const out = join(folder, `buildah-${architecture}`)
  const name = `hello-${architecture}`
  const args = ['bud', '--isolation=chroot', `--platform=linux/${architecture}`, '--squash=false', '-t', name, context]
  await tool('buildah', [...storage, ...args])
  await tool('buildah', [...storage, 'push', name, `oci:${out}`])
  return readOciFolder(out, architecture)
}

interface Case {
  readonly name: string
  readonly dockerfile: string
  readonly more?: Readonly<Record<string, ContextEntry>>
}

/** Dockerfiles that the corpus does not have. `BASE` is its base image. */
const cases: readonly Case[] = [
  {
    name: 'stages, numbers and names',
    dockerfile: 'FROM BASE AS one\nCOPY a /src/a\nFROM scratch\nCOPY --from=0 /src /x\nCOPY --from=ONE /src/a/f1 /y/\n',
  },
  {
    name: 'a stage from a stage',
    dockerfile:
      'FROM BASE AS one\nARG A=1\nENV B=$A\nWORKDIR /w\nUSER node\nFROM one\nENV C=$A-$B\nWORKDIR v\nCOPY a .\n',
  },
  {
    name: 'owners by name',
    dockerfile:
      'FROM BASE\nUSER node:staff\nWORKDIR /made/by/node\nCOPY --chown=nobody:nogroup a /n\nCOPY --chown=node a /m\nCOPY --chown=12 a /k\n',
  },
  { name: 'links in the base', dockerfile: 'FROM BASE\nCOPY a/f1 /bin/tool\nCOPY a /link/x/\nCOPY a/sub /var/rel\n' },
  {
    name: 'WORKDIR with variables and dots',
    dockerfile: 'FROM BASE\nENV D=/a/b\nWORKDIR $D\nWORKDIR ../c\nWORKDIR ./d/\nCOPY a/f1 ../e\nCOPY a/f1 .\n',
  },
  {
    name: 'documents',
    dockerfile:
      'FROM BASE\nARG V=1\nCOPY <<A <<-"B" /d/\n$V ${V:+x} \\$V "q"\nA\n\tt $V\nB\nCOPY --chmod=0700 <<C /run\n#!/bin/sh\nC\n',
  },
  { name: 'wildcards', dockerfile: 'FROM scratch\nCOPY a/f* a/sub*/* /d/\nCOPY [a]/?1 /e\n' },
  {
    name: 'a file over a file and over a link',
    dockerfile: 'FROM BASE\nCOPY a/f1 /usr/bin/busybox\nCOPY a/sub/f2 /etc/passwd\n',
  },
  { name: 'archives over folders', dockerfile: 'FROM BASE\nADD arc.tgz /real\nADD arc.tgz /new/\n' },
  {
    name: 'an image',
    dockerfile: 'FROM scratch\nCOPY --from=BASE /etc /bin /link /x/\nCOPY --from=BASE /usr/bin/* /var/rel /y/\n',
  },
  {
    name: 'links over links',
    dockerfile: 'FROM BASE\nCOPY l /real/\nCOPY m /real/\n',
    more: { 'l/p': { linkTo: 'q' }, 'm/p': { linkTo: '/r' }, 'l/d/e': 'x' },
  },
  {
    name: 'hard links',
    dockerfile: 'FROM scratch\nCOPY h /h\nCOPY h/one h/two /k/\n',
    more: { 'h/one': 'x', 'h/two': { sameAs: 'h/one' } },
  },
  {
    name: 'everything, with an ignore file',
    dockerfile: 'FROM scratch\nCOPY . /\n',
    more: { '.dockerignore': 'Dockerfile\n.dockerignore\n**/*2\n!a/sub\narc.tgz\n', 'z/y2/q': 'x' },
  },
  { name: '--link', dockerfile: 'FROM BASE\nCOPY --link --chown=5 a /tmp/x\nCOPY --link a/f1 /link/f\n' },
  { name: 'an empty folder over another', dockerfile: 'FROM BASE\nCOPY --from=BASE /tmp /real\nCOPY a/f1 /tmp/\n' },
  {
    name: 'copied again with other modes',
    dockerfile: 'FROM BASE\nCOPY a /x\nCOPY --chmod=700 a /x\nCOPY --chown=3 a/f1 /x/f1\n',
  },
  {
    name: 'metadata',
    dockerfile:
      'FROM BASE\nLABEL a="b c" d=e\nLABEL a=z\nEXPOSE 80/udp 70 70\nVOLUME /v /w\nSTOPSIGNAL 9\nENTRYPOINT exec $0\nCMD ["q", "\\t\\"é"]\nHEALTHCHECK --start-period=1m --retries=12 CMD ["x", "y"]\nONBUILD COPY . /src\nMAINTAINER some one\n',
  },
  { name: 'ENTRYPOINT takes the CMD of the base', dockerfile: 'FROM BASE\nENTRYPOINT []\n' },
  { name: 'CMD and USER that are empty', dockerfile: 'FROM BASE\nENTRYPOINT ["e"]\nUSER ${NO}\nCMD []\n' },
  { name: 'HEALTHCHECK NONE and SHELL', dockerfile: 'FROM BASE\nSHELL ["/bin/x", "-e"]\nCMD a b\nHEALTHCHECK NONE\n' },
  {
    name: 'ENV in all its forms',
    dockerfile:
      'FROM BASE\nENV A=a\\ b B="c $A" C=\'$A\' D=$A$B E=${A/a/z} F=${B%%b*} G=${NODE_VERSION:-no}\nENV H  i   j\nENV A=\n',
  },
]

const files: Readonly<Record<string, ContextEntry>> = {
  'a/f1': 'x',
  'a/sub/f2': { text: 'y', mode: 0o755 },
  'a/ln': { linkTo: 'f1' },
}

describeWithTools('docker', ['docker', 'engine', 'registry'], (tool) => {
  let base: string
  beforeAll(async () => {
    base = `${serviceAddress('registry')}/native-docker/base:1`
    const registry = aRegistry()
    const request = {
      reference: parseReference(base),
      images: await corpusBases(),
      signal: new AbortController().signal,
    }
    await publishImages(registry, request)
    await registry.close()
  })

  async function dockerBuild(context: string, platform: string, name: string): Promise<ComparableImage> {
    const out = join(folder, `docker-${name.replaceAll(/\W/g, '-')}-${platform.replaceAll('/', '-')}`)
    const output = `type=oci,tar=false,dest=${out}`
    const flags = ['--provenance=false', `--platform=${platform}`, `--output=${output}`]
    await tool('docker', ['buildx', 'build', '--no-cache', ...flags, context])
    return readOciFolder(out, platform.split('/')[1] ?? '')
  }

  test.each(['linux/amd64', 'linux/arm64'])('makes the same of examples/hello-mixed for %s', async (platform) => {
    const example = await aProject({})
    try {
      cpSync(exampleFolder('hello-mixed'), example.folder, { recursive: true })
      const ours = await comparableImage(await example.build({ platform }))
      expect(viewOfImage(ours)).toEqual(viewOfImage(await dockerBuild(example.folder, platform, 'hello')))
    } finally {
      await example.close()
    }
  })

  test.each(cases)('makes the same of $name', async ({ name, dockerfile, more = {} }) => {
    const project = await aProject({ ...files, ...more, Dockerfile: dockerfile.replaceAll('BASE', base) })
    try {
      await writeContext(folder, { 'arc/sub/new': 'x', 'arc/b/c': { text: 'y', mode: 0o700 } })
      execFileSync('tar', [
        '--owner=7',
        '--group=8',
        '-czf',
        join(project.folder, 'arc.tgz'),
        '-C',
        `${folder}/arc`,
        '.',
      ])
      const ours = await comparableImage(await project.build())
      expect(viewOfImage(ours)).toEqual(viewOfImage(await dockerBuild(project.folder, 'linux/amd64', name)))
    } finally {
      await project.close()
    }
  })
})

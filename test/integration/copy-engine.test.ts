import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isToolError } from '../../src/errors/index.ts'
import { parseReference } from '../../src/reference/index.ts'
import { publishImages } from '../../src/transfer/index.ts'
import { copyCase } from '../support/copy-cases.ts'
import { corpusBases } from '../support/dockerfile-corpus.ts'
import { aProject, type Project } from '../support/native-build.ts'
import { comparableImage, readOciFolder, viewOfImage } from '../support/oci-folder.ts'
import { aRegistry } from '../support/registry-fixtures.ts'
import { describeWithTools, serviceAddress } from '../support/tools.ts'

/**
 * Random contexts and Dockerfiles are built natively and by Docker, and the images have to be the same. Other cases:
 * CATAMARAN_COPY_SEED=N, and CATAMARAN_COPY_CASES for how many; a failure names the seed of its case.
 */
const firstSeed = Number(process.env['CATAMARAN_COPY_SEED'] ?? 1)
const count = Number(process.env['CATAMARAN_COPY_CASES'] ?? 20)
const seeds = Array.from({ length: count }, (_, index) => firstSeed + index)

describeWithTools('random COPY and ADD', ['docker', 'engine', 'registry'], (tool) => {
  let folder: string
  let cases: readonly Case[]
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'copy-engine-'))
    const base = `${serviceAddress('registry')}/copy-engine/base:1`
    const registry = aRegistry()
    const { signal } = new AbortController()
    await publishImages(registry, { reference: parseReference(base), images: await corpusBases(), signal })
    await registry.close()
    cases = await Promise.all(seeds.map(async (seed) => buildNatively(seed, base)))
  })
  afterAll(async () => {
    await Promise.all(cases.map(async ({ project }) => project.close()))
    rmSync(folder, { recursive: true, force: true })
  })

  /** Builds several at once; one that fails stops the others. */
  async function bake(contexts: ReadonlyMap<number, string>): Promise<void> {
    const target = [...contexts].map(([seed, context]) => {
      const output = [`type=oci,tar=false,dest=${join(folder, `${seed}`)}`]
      return [`seed${seed}`, { context, output, 'no-cache': true }] as const
    })
    const file = join(folder, 'bake.json')
    writeFileSync(file, JSON.stringify({ target: Object.fromEntries(target) }))
    await tool('docker', ['buildx', 'bake', '--provenance=false', '--file', file, ...target.map(([name]) => name)])
  }

  test(`${count} cases from seed ${firstSeed} give what Docker gives`, async () => {
    await bake(new Map(cases.map(({ seed, project }) => [seed, project.folder])))
    for (const { seed, about, view } of cases) {
      expect(view, about).toEqual(viewOfImage(await readOciFolder(join(folder, `${seed}`), 'amd64')))
    }
  })

  test('what is refused is refused by Docker', async () => {
    const refused = cases.filter(({ refusals }) => refusals.length > 0).slice(0, Math.ceil(count / 5))
    for (const { seed, project, about, refusals } of refused) {
      const [first = ''] = refusals
      await project.write({ Dockerfile: first })
      await expect(bake(new Map([[seed, project.folder]])), `${about}\n${first}`).rejects.toThrow('ERROR')
    }
  })
})

interface Case {
  readonly seed: number
  readonly project: Project
  /** To be told of a failure. */
  readonly about: string
  readonly view: unknown
  /** Dockerfiles whose last instruction was refused. */
  readonly refusals: readonly string[]
}

/** An instruction that is refused is left out, so that the next ones are looked at. */
async function buildNatively(seed: number, base: string): Promise<Case> {
  const { context, instructions } = copyCase(seed)
  const project = await aProject(context)
  const refusals: string[] = []
  for (let left = instructions; ;) {
    const text = left.map((instruction) => `${instruction.replaceAll('BASE', base)}\n`).join('')
    await project.write({ Dockerfile: text })
    try {
      const view = viewOfImage(await comparableImage(await project.build()))
      return { seed, project, view, refusals, about: `seed ${seed}\n${JSON.stringify(context)}\n${text}` }
    } catch (error) {
      const refused = instructionAt(left, error)
      refusals.push(text)
      left = left.filter((_, index) => index !== refused)
    }
  }
}

/** The number of the instruction that an error is about. */
function instructionAt(instructions: readonly string[], error: unknown): number {
  if (!isToolError(error)) throw error
  const line = Number(/^Dockerfile:(\d+)$/.exec(error.where ?? '')?.[1])
  let end = 0
  const found = instructions.findIndex((text) => (end += text.split('\n').length) >= line)
  if (found < 0 || instructions[found]?.startsWith('FROM') === true) throw error
  return found
}

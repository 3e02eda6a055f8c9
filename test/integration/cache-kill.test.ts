import { appendFileSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aCacheBench, type CacheBench } from '../support/cache-project.ts'

let bench: CacheBench

beforeAll(async () => {
  bench = await aCacheBench()
})

afterAll(async () => {
  await bench.close()
})

/** Random, and the same in every run. */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

async function timeOf(action: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await action()
  return performance.now() - started
}

function filesIn(folder: string): number {
  return existsSync(folder) ? readdirSync(folder, { recursive: true }).length : 0
}

describe('caches of builds that are killed', () => {
  test(
    'at 50 random points, two at a time now and then, are valid for the next build',
    { timeout: 600_000 },
    async () => {
      const project = bench.project('killed', 300)
      const random = randomNumbers(7)
      let durationMs = await timeOf(async () => bench.build(project, { cache: 'timing' }))
      let killed = 0
      for (let round = 0; round < 50; round += 1) {
        appendFileSync(join(project, 'lib', `file-${Math.floor(random() * 300)}.js`), `// ${round}\n`)
        const builds = random() < 0.3 ? [bench.start(project), bench.start(project)] : [bench.start(project)]
        await setTimeout(random() * durationMs)
        for (const build of builds) build.signal('SIGKILL')
        for (const build of builds) if ((await build.ended).code === null) killed += 1
        if (round % 10 !== 9) continue
        // how busy the machine is changes
        durationMs = await timeOf(async () => bench.build(project, { tag: `cached-${round}` }))
        await bench.build(project, { tag: `clean-${round}`, cache: `clean-${round}`, repository: `clean-${round}` })
        const cached = await bench.digestOf(`team/app:cached-${round}`)
        expect(cached).toMatch(/^sha256:/)
        expect(cached).toBe(await bench.digestOf(`clean-${round}/app:clean-${round}`))
      }
      // a machine that is suddenly faster lets some of them end
      expect(killed).toBeGreaterThan(20)
      expect(filesIn(join(bench.root, 'cache', 'catamaran', 'layers'))).toBeGreaterThan(0)
    },
  )

  test('and of builds that run at once are valid, and know all of them', { timeout: 300_000 }, async () => {
    const projects = ['one', 'two', 'three', 'four'].map((name) => bench.project(name, 60))
    const options = (index: number): { cache: string; repository: string } => ({
      cache: 'shared',
      repository: `p${index}`,
    })
    await Promise.all(projects.map(async (project, index) => bench.build(project, options(index))))
    for (const [index, project] of projects.entries()) {
      const again = await bench.build(project, { ...options(index), tag: 'v2' })
      expect(again.output).toContain(' - app: Found Remotely')
      expect(await bench.digestOf(`p${index}/app:v2`)).toBe(await bench.digestOf(`p${index}/app:v1`))
    }
  })
})

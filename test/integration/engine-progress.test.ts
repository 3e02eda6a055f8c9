import { afterEach, beforeAll, expect, test } from 'vitest'
import { anEngineProject, engineOf, pushShellBase, type EngineProject } from '../support/engines.ts'
import { describeWithTools } from '../support/tools.ts'

/** What buildx reports of each step, as it reaches whoever shows a build. */

describeWithTools('the steps of a build by buildx', ['busybox', 'busybox-arm64', 'engine', 'registry'], () => {
  let base: string
  const open: EngineProject[] = []
  beforeAll(async () => {
    base = await pushShellBase('engines/progress')
  })
  afterEach(async () => {
    for (const project of open.splice(0)) await project.close()
  })
  const project = async (dockerfile: string): Promise<EngineProject> => {
    const app = await anEngineProject({ Dockerfile: dockerfile, file: 'in the context\n' }, [engineOf('docker')])
    open.push(app)
    return app
  }

  test('are said with what their programs print, how they end, and what is taken from the cache', async () => {
    const app = await project(`FROM ${base}\nCOPY file /file\nRUN echo ${process.pid}; echo odd >&2; cat /file\n`)
    await app.build({ noCache: true })
    const lines = app.output().split('\n')
    const [, step] = lines.flatMap((line) => /^#(\d+) \[3\/3\] RUN echo /.exec(line) ?? [])
    const own = lines.flatMap((line) =>
      line.startsWith(`#${step ?? ''} `) ? [line.replace(/^#\d+ (?:[\d.]+ )?/, '')] : [],
    )
    expect(own.slice(0, 1)).toEqual([expect.stringContaining('[3/3] RUN')])
    expect(own.slice(1, -1).sort()).toEqual([String(process.pid), 'in the context', 'odd'].sort())
    expect(own.at(-1)).toMatch(/^DONE [\d.]+s$/)
    expect(lines.filter((line) => /^[{}\s]|"digest"/.test(line))).toEqual([])
    app.events.length = 0
    await app.build()
    expect(app.output()).toMatch(/^#\d+ CACHED$/m)
  })

  test('name the one that failed, and what it printed', async () => {
    const app = await project(`FROM ${base}\nRUN echo before; exit 7\n`)
    await expect(app.build()).rejects.toMatchObject({
      code: 'BUILD_TOOL_FAILED',
      message: expect.stringMatching(/did not complete successfully: exit code: 7$/),
    })
    expect(app.output()).toMatch(/^#\d+ [\d.]+ before$/m)
    expect(app.output()).toMatch(/^#\d+ ERROR: process .* exit code: 7$/m)
  })
})

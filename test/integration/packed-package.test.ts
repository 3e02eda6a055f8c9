import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectInOrder } from '../support/lines.ts'
import { packPackage, type PackedPackage } from '../support/pack.ts'
import { sampleProject } from '../support/sample-project.ts'
import { describeWithTools, findTool } from '../support/tools.ts'
import { createWorkbench, type Workbench } from '../support/workbench.ts'

/** The package as a user gets it: installed by npm into a project of theirs. */

const root = resolve(import.meta.dirname, '../..')
let consumer: string
let packed: PackedPackage
let bench: Workbench

beforeAll(async () => {
  consumer = mkdtempSync(join(tmpdir(), 'catamaran-consumer-'))
  packed = packPackage(consumer)
  writeFileSync(join(consumer, 'package.json'), '{"name":"consumer","private":true,"type":"module"}')
  const args = ['install', '--prefer-offline', '--no-audit', '--no-fund', packed.tarball]
  execFileSync('npm', args, { cwd: consumer, stdio: ['ignore', 'ignore', 'pipe'] })
  bench = await createWorkbench()
  await bench.write(sampleProject())
})

afterAll(async () => {
  await bench.close()
  rmSync(consumer, { recursive: true, force: true })
})

describe('on the Node that runs this', () => {
  worksOn(process.execPath, /^v\d+\./)
})

describeWithTools('on Node 22', ['node22'], () => {
  worksOn(findTool('node22') ?? '', /^v22\./)
})

describeWithTools('on Node 24', ['node24'], () => {
  worksOn(findTool('node24') ?? '', /^v24\./)
})

function worksOn(node: string, version: RegExp): void {
  test('the installed command prints its version', () => {
    expect(execFileSync(node, ['--version'], { encoding: 'utf8' })).toMatch(version)
    const said = execFileSync(node, [installedCli(), 'version'], { encoding: 'utf8' })
    expect(said).toBe(`v${packed.manifest.version}\n`)
  })

  test('run --sandbox builds and deploys', async () => {
    const ownCache = { XDG_CACHE_HOME: bench.path(`cache-${basename(node)}`) }
    const run = await bench.run(['run', '--sandbox'], { node, cli: installedCli(), env: ownCache })
    expect(run.code, run.output).toBe(0)
    expectInOrder(run.stdout, [
      'Build [skaffold-example] succeeded',
      ' - pod/getting-started created',
      /^Deployments stabilized/,
    ])
  })

  test('every subpath imports', () => {
    const names = JSON.stringify(importable(packed))
    const code = `for (const name of ${names}) console.log(name, Object.keys(await import(name)).length)\n`
    writeFileSync(join(consumer, 'import-all.js'), code)
    const said = execFileSync(node, ['import-all.js'], { cwd: consumer, encoding: 'utf8' })
    // events are types alone
    expect([...said.matchAll(/^(\S+) 0$/gm)].map(([, name]) => name)).toEqual(['catamaran/events'])
    expect(said.trim().split('\n')).toHaveLength(importable(packed).length)
  })
}

describe.each([
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
])('in a TypeScript project with module %s and resolution %s', (module, moduleResolution) => {
  test('every subpath has types, and the guide’s example compiles', () => {
    const guide = readFileSync(join(root, 'docs/guides/library.md'), 'utf8')
    const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(guide) ?? []
    const types = importable(packed).map((name, index) => `export * as room${index} from '${name}'`)
    writeFileSync(join(consumer, 'example.ts'), example)
    writeFileSync(join(consumer, 'all.ts'), `${types.join('\n')}\n`)
    writeFileSync(join(consumer, 'wrong.ts'), "import { parsePlatform } from 'catamaran/platform'\nparsePlatform(1)\n")
    linkTypes()
    expect(compile({ module, moduleResolution }, ['example.ts', 'all.ts'])).toBe('')
    expect(compile({ module, moduleResolution }, ['wrong.ts'])).toMatch(/wrong\.ts\(2,\d+\): error/)
  })
})

test('nothing is importable that the package does not promise', () => {
  writeFileSync(join(consumer, 'inner.js'), "import 'catamaran/dist/cli/run-main.js'\n")
  const run = spawnSync(process.execPath, ['inner.js'], { cwd: consumer, encoding: 'utf8' })
  expect(run.status).not.toBe(0)
  expect(run.stderr).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED')
})

function installedCli(): string {
  return join(consumer, 'node_modules/catamaran/dist/cli/main.js')
}

/** `catamaran/platform` and so on. */
function importable({ manifest }: PackedPackage): readonly string[] {
  return Object.keys(manifest.exports)
    .filter((path) => path !== './package.json')
    .map((path) => `catamaran${path.slice(1)}`)
}

/** What the compiler complains about, declarations of the package included. */
function compile(options: object, files: readonly string[]): string {
  const common = { strict: true, noEmit: true, target: 'es2023', lib: ['es2023', 'dom'], types: ['node'] }
  writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...common, ...options }, files }))
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  return spawnSync(process.execPath, [compiler, '-p', consumer], { encoding: 'utf8' }).stdout
}

function linkTypes(): void {
  const link = join(consumer, 'node_modules/@types/node')
  mkdirSync(join(consumer, 'node_modules/@types'), { recursive: true })
  rmSync(link, { recursive: true, force: true })
  symlinkSync(join(root, 'node_modules/@types/node'), link)
}

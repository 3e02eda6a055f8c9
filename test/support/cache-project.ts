import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCli, type CliResult, type RunningCli } from './cli.ts'
import { serveNewStore, type ServedRegistry } from './registry-server.ts'

/** A project, a registry to push to, and a cache, all of them new. */
export interface CacheBench {
  readonly registry: ServedRegistry
  /** Where projects are. */
  readonly root: string
  /** Makes a project with so many files of about 4 KiB. */
  project(name: string, files: number): string
  /** Starts `catamaran build` for two platforms. */
  start(project: string, options?: StartOptions): RunningCli
  /** The same, waited for; fails when the build fails. */
  build(project: string, options?: StartOptions): Promise<CliResult>
  /** The digest that a tag points at. */
  digestOf(name: string): Promise<string | null>
  close(): Promise<void>
}

interface StartOptions {
  /** `/`-separated, in the registry; `app` when absent. */
  readonly repository?: string
  readonly tag?: string
  readonly cache?: string
  readonly args?: readonly string[]
}

const dockerfile = 'FROM scratch\nWORKDIR /app\nCOPY lib lib\nCOPY Dockerfile start ./\nCMD ["/app/start"]\n'
const skaffold = `apiVersion: skaffold/v4beta13
kind: Config
build:
  artifacts:
    - image: app
`

export async function aCacheBench(): Promise<CacheBench> {
  const root = mkdtempSync(join(tmpdir(), 'catamaran-cache-'))
  const registry = await serveNewStore('memory')
  const start = (project: string, options: StartOptions = {}): RunningCli => {
    const { repository = 'team', tag = 'v1', cache = 'cache', args = [] } = options
    const repo = `--default-repo=${registry.host}/${repository}`
    const env = { HOME: root, PATH: process.env['PATH'] ?? '', XDG_CACHE_HOME: join(root, cache), NO_COLOR: '1' }
    const platforms = '--platform=linux/amd64,linux/arm64'
    return startCli(['build', '-t', tag, repo, platforms, ...args], { cwd: project, env })
  }
  return {
    registry,
    root,
    start,
    project(name, files) {
      const folder = join(root, name)
      mkdirSync(join(folder, 'lib'), { recursive: true })
      writeFileSync(join(folder, 'Dockerfile'), dockerfile)
      writeFileSync(join(folder, 'skaffold.yaml'), skaffold)
      writeFileSync(join(folder, 'start'), '#!/bin/sh\n')
      for (let index = 0; index < files; index += 1) {
        writeFileSync(join(folder, 'lib', `file-${index}.js`), `// ${name} ${index}\n`.repeat(200))
      }
      return folder
    },
    async build(project, options) {
      const result = await start(project, options).ended
      if (result.code !== 0) throw new Error(`the build ended with ${String(result.code)}:\n${result.output}`)
      return result
    },
    async digestOf(name) {
      const [repository = '', tag = ''] = name.split(':')
      const answer = await registry.call('HEAD', `/v2/${repository}/manifests/${tag}`)
      return answer.headers.get('docker-content-digest')
    },
    async close() {
      await registry.close()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadManifests, type SourceOutside } from '../../src/render/index.ts'
import { valueAt, type ResourceObject } from '../../src/resource/index.ts'
import { runProcess } from '../../src/subprocess/index.ts'
import { describeWithTools, findTool, type ToolName } from '../support/tools.ts'

const files: Readonly<Record<string, string>> = {
  'base/kustomization.yaml': `resources: [web.yaml]
configMapGenerator: [{name: settings, files: [mode=mode.txt]}]
`,
  'base/mode.txt': 'quick # from-param: ${mode}',
  'base/web.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1 # from-param: \${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: app
        args: # from-param: \${args}
        - one
`,
  'overlays/prod/kustomization.yaml': 'namePrefix: prod-\nresources: [../../base]\npatches: [{path: ready.yaml}]\n',
  'overlays/prod/ready.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  minReadySeconds: 1 # from-param: \${ready}
`,
  'broken/kustomization.yaml': 'resources: [gone.yaml]\n',
}

/** Through kustomize, and through kubectl where that is not installed. */
for (const needs of [['kustomize', 'kubectl'], ['kubectl']] as const satisfies readonly (readonly ToolName[])[]) {
  describeWithTools(`kustomizations with ${needs[0]}`, needs, () => {
    let folder: string
    let outside: SourceOutside

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'kustomize-'))
      for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(folder, name)), { recursive: true })
        await writeFile(join(folder, name), text)
      }
      await mkdir(join(folder, 'bin'))
      for (const name of needs) await symlink(findTool(name) ?? '', join(folder, 'bin', name))
      const signal = new AbortController().signal
      // the stand-in for kustomize is a shell script
      const env = { PATH: `${join(folder, 'bin')}:/usr/bin:/bin`, HOME: folder }
      const google = async (): Promise<never> => Promise.reject(new Error('nothing comes from Google'))
      outside = { runProcess, env, signal, emit: () => {}, google, folder, cwd: folder }
    })
    afterAll(async () => rm(folder, { recursive: true, force: true }))

    async function build(path: string, setters: Readonly<Record<string, string>>): Promise<readonly ResourceObject[]> {
      const kustomize = { paths: [path], buildArgs: ['--load-restrictor LoadRestrictionsNone'] }
      const { resources } = await loadManifests(outside, { manifests: { rawYaml: [], kustomize }, images: [], setters })
      return resources.map(({ object }) => object)
    }

    test('an overlay is built', async () => {
      const objects = await build('overlays/prod', {})
      expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name.replace(/-[a-z0-9]{10}$/, '')}`)).toEqual([
        'ConfigMap prod-settings',
        'Deployment prod-web',
      ])
      expect(valueAt(objects[1], ['spec', 'minReadySeconds'])).toBe(1)
    })

    test('values reach bases and patches, and no other file', async () => {
      const setters = { replicas: '3', args: '[two, three]', ready: '9', mode: 'slow' }
      const [settings, web] = await build('overlays/prod', setters)
      expect(settings?.['data']).toEqual({ mode: files['base/mode.txt'] })
      expect(web?.['spec']).toMatchObject({ replicas: 3, minReadySeconds: 9 })
      expect(valueAt(web, ['spec', 'template', 'spec', 'containers', 0, 'args'])).toEqual(['two', 'three'])
    })

    test('what kustomize says is told', async () => {
      await expect(build('broken', {})).rejects.toMatchObject({
        code: 'KUSTOMIZE_FAILED',
        message: expect.stringContaining('gone.yaml') as string,
      })
    })
  })
}

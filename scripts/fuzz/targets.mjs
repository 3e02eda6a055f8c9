// @ts-check
// What reads each kind of input, and what its answers may be.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'
import * as config from '../../dist/config/index.js'
import { contextSources, parseDockerfile, planBuild } from '../../dist/dockerfile/index.js'
import { isToolError } from '../../dist/errors/index.js'
import { loadKubeconfig } from '../../dist/kube/index.js'
import { analyzeProject, initProject } from '../../dist/pipeline/index.js'
import { readCompose } from '../../dist/pipeline/init/compose.js'
import { renderResources } from '../../dist/render/index.js'
import { imageFields, parseResources, podTemplates, printResources } from '../../dist/resource/index.js'

const platform = { os: 'linux', architecture: 'amd64' }
const env = { A: 'a', B: '', L: 'x,y,z', HOME: '/nowhere' }
const ignore = () => {}
const folder = mkdtempSync(join(tmpdir(), 'fuzz-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

/** @typedef {{text: string, number: number}} Input */

/** @type {Readonly<Record<string, (input: Input) => unknown>>} */
const readers = {
  'skaffold.yaml': readConfig,
  manifest: readManifest,
  Dockerfile: readDockerfile,
  compose: ({ text }) => readCompose(text, 'compose.yaml', ignore),
  init: readFolder,
  kubeconfig: readKubeconfig,
  settings: readSettings,
  template: ({ text }) => config.renderTemplate(text, env, { where: 'skaffold.yaml:1:1', cmd: () => 'out' }),
}

/** In the order in which they take turns. */
export const targetNames = Object.keys(readers)

/** These are about what was asked for, or about several places, not about one place in the text. */
const withoutPlace = [
  'CONFIG_PROFILE_UNKNOWN',
  'CONFIG_MODULE_UNKNOWN',
  'FILE_UNREADABLE',
  'INIT_AMBIGUOUS',
  'INIT_NOTHING_FOUND',
  'KUBE_CONFIG_MISSING',
  'KUBE_CONTEXT_UNKNOWN',
]

/**
 * Reads one case and judges what came of it.
 * @param {{target: string, text: string, number: number}} made
 * @returns {Promise<string | undefined>} what a user must not see
 */
export async function judge({ target, text, number }) {
  try {
    await readers[target]?.({ text, number })
    return undefined
  } catch (error) {
    if (!isToolError(error)) return `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
    const said = `${error.code} ${error.where ?? ''} ${error.message}`
    const hasPlace = /:\d+(?::\d+)?\b|\bline \d+/.test(`${error.where ?? ''} ${error.message}`)
    return hasPlace || withoutPlace.includes(error.code) ? undefined : `no line number: ${said}`
  }
}

const required = 'apiVersion: skaffold/v4beta14\nkind: Config\nmetadata: {name: c}\n'

/** @param {Input} input */
async function readConfig({ text, number }) {
  const file = 'skaffold.yaml'
  /** @type {unknown[]} */
  const failures = []
  try {
    const loaded = await config.loadDocuments({
      file,
      env,
      profiles: number % 3 === 0 ? ['p'] : [],
      command: 'dev',
      kubeContext: 'minikube',
      read: async (path) => ({ file: path, text: path === file ? text : required }),
      fetchGit: async () => '/git',
      fetchStorage: async () => '/bucket',
      fetchBuildRepository: async () => '/connected',
    })
    config.lintConfigs(loaded.originals)
    config.inspectConfigs(loaded.documents, loaded.originals)
    config.describeConfigs(loaded.documents, { folder: '/project', templates: { env, cmd: () => 'out' } })
    config.buildConfigs(loaded.documents, { env, cmd: () => 'out' })
  } catch (error) {
    failures.push(error)
  }
  try {
    const target = config.configVersions[number % config.configVersions.length] ?? ''
    config.fixConfig({ text, file, warn: ignore, ...(number % 2 === 0 ? {} : { target }) })
  } catch (error) {
    failures.push(error)
  }
  if (failures.length > 0) throw failures.find((error) => !isToolError(error)) ?? failures[0]
}

/** @param {Input} input */
async function readManifest({ text, number }) {
  const resources = parseResources(text, 'pod.yaml')
  for (const resource of resources) {
    podTemplates(resource)
    imageFields(resource)
  }
  printResources(resources)
  await renderResources({
    resources,
    builtImages: [{ image: 'web', reference: 'r.test/web:v1', platforms: [platform] }],
    labels: { l: 'v' },
    namespace: 'n',
    placement: {
      enabled: number % 2 === 0,
      nodes: [],
      forced: true,
      gke: true,
      onConflict: 'warn',
      inspect: async () => ({ platforms: [platform] }),
    },
    emit: ignore,
  })
}

/** @param {Input} input */
function readDockerfile({ text, number }) {
  const dockerfile = parseDockerfile(text, 'Dockerfile')
  const buildArgs = number % 2 === 0 ? { BASE: 'b' } : {}
  contextSources(planBuild(dockerfile, { platform, buildPlatform: platform, buildArgs }))
}

const names = [
  'package.json',
  'pom.xml',
  'build.gradle',
  'Dockerfile',
  'kustomization.yaml',
  'x.yaml',
  'Chart.yaml',
  'go.mod',
]
const pod = 'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: app}]}\n'

/** @param {Input} input */
async function readFolder({ text, number }) {
  const place = mkdtempSync(join(folder, 'init-'))
  try {
    writeFileSync(join(place, names[Math.floor(number / targetNames.length) % names.length] ?? ''), text)
    writeFileSync(join(place, 'pod.yaml'), pod)
    const context = { folder: place, emit: ignore, signal: new AbortController().signal }
    const options = { artifacts: [], manifests: [], generateManifests: true, skipBuild: false, force: true }
    const platforms = async () => ['linux/amd64']
    await analyzeProject(context, { ...options, platforms })
    await initProject(context, { ...options, platforms })
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

/** @param {Input} input */
async function readKubeconfig({ text, number }) {
  const kubeconfig = join(folder, `kubeconfig-${threadId}`)
  writeFileSync(kubeconfig, text)
  await loadKubeconfig({ env, kubeconfig, ...(number % 3 === 0 ? { context: 'd' } : {}) })
}

/** @param {Input} input */
function readSettings({ text, number }) {
  if (Math.floor(number / targetNames.length) % 2 === 1) config.readResourceSelector({ text, file: 'rules.yaml' })
  else config.settingsFor(config.parseGlobalConfig(text, 'config'), 'c')
}

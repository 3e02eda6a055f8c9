import { analyzeProject, initProject, type InitOptions } from '../../pipeline/index.ts'
import type { Command, Invocation } from '../command.ts'
import type { Flag } from '../flags/index.ts'
import { chooserOf, platformsOf, refuseExisting, writeInit } from '../init-files.ts'
import { questionsOf } from '../questions.ts'
import { answerJson } from './answer.ts'
import { clusterFlags, globalFlags } from './shared-flags.ts'

const initFlags: readonly Flag[] = [
  {
    name: 'filename',
    shorthand: 'f',
    type: 'string',
    default: 'skaffold.yaml',
    placeholder: 'file',
    description: 'The file to write, or - for standard output',
  },
  {
    name: 'artifact',
    shorthand: 'a',
    type: 'strings',
    placeholder: 'dockerfile=image',
    description: 'What builds which image: path/to/Dockerfile=image, or JSON with builder, payload, image and context',
  },
  {
    name: 'kubernetes-manifest',
    shorthand: 'k',
    type: 'strings',
    placeholder: 'file,…',
    description: 'The manifests, instead of those that are found',
  },
  { name: 'compose-file', type: 'string', placeholder: 'file', description: 'Compose file to make manifests of' },
  {
    name: 'generate-manifests',
    type: 'bool',
    default: 'false',
    description: 'Make manifests for images that no manifest names',
  },
  {
    name: 'default-kustomization',
    type: 'string',
    placeholder: 'folder',
    description: 'The kustomization that counts without a profile; the others become profiles',
  },
  { name: 'skip-build', type: 'bool', default: 'false', description: 'Leave out what is built' },
  {
    name: 'analyze',
    type: 'bool',
    default: 'false',
    description: 'Print what can be built, and the images of the manifests, as JSON',
  },
  { name: 'force', type: 'bool', default: 'false', description: 'Write without asking, also over a file' },
  { name: 'assume-yes', type: 'bool', default: 'false', description: 'Take every question as answered with yes' },
]

export const initCommand: Command = {
  name: 'init',
  summary: 'Make a skaffold.yaml for this folder',
  description:
    "Finds Dockerfiles, Jib, ko and buildpacks projects, manifests, kustomizations, charts and compose files, pairs images with what\nbuilds them, and writes a skaffold.yaml for the platforms of the current cluster's nodes.",
  examples: [
    { text: 'for a project with manifests', command: 'catamaran init' },
    { text: 'for one without', command: 'catamaran init --generate-manifests' },
    { text: 'saying what builds what', command: 'catamaran init -a web/Dockerfile=example.com/web' },
    { text: 'of a compose file', command: 'catamaran init --compose-file docker-compose.yml' },
  ],
  flags: [...initFlags, ...clusterFlags.filter(({ name }) => name !== 'namespace'), ...globalFlags],
  maxArguments: 0,
  answersOnStdout: true,
  async run(invocation) {
    const { flags, terminal, cwd, emit, signal } = invocation
    const context = { folder: cwd, emit, signal }
    if (flags.bool('analyze')) {
      terminal.stdout.write(`${JSON.stringify(await analyzeProject(context, optionsOf(invocation)))}\n`)
      return
    }
    const file = flags.text('filename') ?? 'skaffold.yaml'
    if (file !== '-' && !flags.bool('force')) await refuseExisting(cwd, file)
    const result = await initProject(context, optionsOf(invocation))
    if (file === '-') {
      terminal.stdout.write(result.config)
      return
    }
    const questions = flags.bool('force') ? undefined : questionsOf(invocation)
    if (questions !== undefined) {
      terminal.stderr.write(`${result.config}\n`)
      if (!(await questions.confirm(`Do you want to write this configuration to ${file}?`))) return
    }
    await writeInit(invocation, file, result)
    emit({ type: 'info', text: tips })
    answerJson(invocation, { file, generated: [...result.generated.keys()] })
  },
}

const tips = [
  'You can now run [catamaran build] to build the artifacts',
  'or [catamaran run] to build and deploy',
  'or [catamaran dev] to enter development mode, with auto-redeploy',
].join('\n')

function optionsOf(invocation: Invocation): InitOptions {
  const { flags } = invocation
  const composeFile = flags.text('compose-file')
  const defaultKustomization = flags.text('default-kustomization')
  return {
    artifacts: flags.values('artifact'),
    manifests: flags.list('kubernetes-manifest'),
    ...(composeFile === undefined ? {} : { composeFile }),
    ...(defaultKustomization === undefined ? {} : { defaultKustomization }),
    generateManifests: flags.bool('generate-manifests'),
    skipBuild: flags.bool('skip-build'),
    force: flags.bool('force'),
    ...chooserOf(flags.bool('force') ? undefined : questionsOf(invocation)),
    platforms: () => platformsOf(invocation),
  }
}

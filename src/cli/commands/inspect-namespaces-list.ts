import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ToolError } from '../../errors/index.ts'
import { parseResources } from '../../resource/index.ts'
import type { Command, Invocation } from '../command.ts'
import { answerInspect, inspectFlags, inspectProject } from './inspect-session.ts'

export const inspectNamespacesListCommand: Command = {
  name: 'inspect namespaces list',
  summary: 'List the namespaces of rendered Deployments',
  description:
    'Prints for every Deployment of a rendered manifest the namespace that "catamaran apply" would use, as JSON: its own, else that of\nkubectl flags, else deploy.kubectl.defaultNamespace.',
  usage: 'MANIFEST',
  examples: [{ text: 'of what was rendered', command: 'catamaran inspect namespaces list rendered.yaml' }],
  flags: inspectFlags,
  maxArguments: 1,
  answersOnStdout: true,
  async run(invocation) {
    await answerInspect(invocation, async () => namespacesOf(invocation))
  },
}

const kind = 'apps/v1, Kind=Deployment'

async function namespacesOf(invocation: Invocation): Promise<object> {
  const [file] = invocation.args
  if (file === undefined) {
    throw new ToolError('USAGE', 'inspect namespaces list takes the file of a manifest', {
      hint: 'catamaran inspect namespaces list rendered.yaml',
    })
  }
  const resources = parseResources(await readFile(resolve(invocation.cwd, file), 'utf8'), file)
  const configs = await inspectProject(invocation)
  const last = (values: readonly (string | undefined)[]): string | undefined =>
    values.findLast((value) => value !== undefined)
  const usual = last(configs.map((one) => one.flagNamespace)) ?? last(configs.map((one) => one.defaultNamespace))
  const deployments = resources
    .map(({ object }) => object)
    .filter((object) => object.apiVersion === 'apps/v1' && object.kind === 'Deployment')
    .map(({ metadata }) => ({ name: metadata.name, namespace: metadata.namespace ?? usual ?? 'default' }))
  return { resourceToInfoMap: deployments.length === 0 ? {} : { [kind]: deployments } }
}

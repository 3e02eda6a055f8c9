import { ToolError } from '../../errors/index.ts'
import {
  checkWorkloads,
  clusterWorkloads,
  listNodes,
  readSources,
  type CheckedWorkload,
  type CheckReport,
} from '../../pipeline/check/index.ts'
import type { Context } from '../../pipeline/index.ts'
import type { NodeFacts } from '../../placement/index.ts'
import { parsePlatform } from '../../platform/index.ts'
import { parseResources, type ResourceObject } from '../../resource/index.ts'
import type { Command, Invocation } from '../command.ts'
import { readStdin } from '../read-stdin.ts'
import { withContext } from '../session.ts'
import { writeJson } from './answer.ts'
import { checkTable } from './check-table.ts'
import { clusterFlags, globalFlags, registryFlags, projectFlags } from './shared-flags.ts'

export const checkCommand: Command = {
  name: 'check',
  summary: 'Say which images run on which nodes, which would crash, and what to change',
  description:
    'Checks what runs in the cluster, or what files, folders of YAML and charts would bring, against the nodes of the cluster or\nthe platforms given. Looks at images wherever they come from; nothing is changed. The exit code is 1 when something would\ncrash.',
  usage: '[FILE|FOLDER|CHART|-]…',
  examples: [
    { text: 'everything in the cluster', command: 'catamaran check' },
    {
      text: 'manifests, before nodes of another architecture are added',
      command: 'catamaran check k8s --platform=linux/amd64,linux/arm64',
    },
    { text: 'what is inside the images, too', command: 'catamaran check k8s --deep' },
    { text: 'a chart with your values', command: 'helm template web ./chart -f values.yaml | catamaran check -' },
  ],
  flags: [
    ...clusterFlags,
    {
      name: 'platform',
      type: 'strings',
      placeholder: 'os/arch,…',
      description: 'Nodes of these platforms, instead of those of a cluster',
    },
    {
      name: 'deep',
      type: 'bool',
      default: 'false',
      description:
        'Read the programs that images start: says which are for another architecture than their image claims',
    },
    ...projectFlags.filter(({ name }) => name === 'sandbox'),
    ...registryFlags,
    ...globalFlags,
  ],
  maxArguments: Number.MAX_SAFE_INTEGER,
  answersOnStdout: true,
  async run(invocation) {
    await withContext(invocation, async (context) => {
      const resources = await resourcesOf(invocation, context)
      const nodes = await nodesOf(invocation, context)
      const report = await checkWorkloads(context, { resources, nodes, deep: invocation.flags.bool('deep') })
      if (invocation.flags.text('format') === 'json') writeJson(invocation, report)
      else invocation.terminal.stdout.write(checkTable(report))
      failIfCrashing(report)
    })
  },
}

async function resourcesOf(invocation: Invocation, context: Context): Promise<readonly ResourceObject[]> {
  const { args, flags } = invocation
  if (args.length === 0) return clusterWorkloads(context, flags.text('namespace') ?? '*')
  const files = args.filter((path) => path !== '-')
  const read = await readSources(context, files)
  if (files.length === args.length) return read
  const given = parseResources(await readStdin(), 'standard input').map(({ object }) => object)
  return [...read, ...given]
}

async function nodesOf({ flags }: Invocation, context: Context): Promise<readonly NodeFacts[]> {
  const platforms = flags.list('platform')
  if (platforms.length === 0) return listNodes(context)
  return platforms.map((text) => {
    const platform = parsePlatform(text, context.host)
    const labels = { 'kubernetes.io/os': platform.os, 'kubernetes.io/arch': platform.architecture }
    return { name: text, platform, labels, taints: [] }
  })
}

function failIfCrashing({ workloads }: CheckReport): void {
  const crashing = workloads.filter(({ verdict }) => verdict === 'crashes')
  if (crashing.length === 0) return
  const names = crashing.map(({ resource }: CheckedWorkload) => resource)
  const shown = names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ')
  throw new ToolError('CHECK_FAILED', `${crashing.length} of ${workloads.length} workloads would crash: ${shown}`, {
    hint: 'change what stands below each of them',
  })
}

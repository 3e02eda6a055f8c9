import { readFile } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { ToolError } from '../../errors/index.ts'
import { applyProject } from '../../pipeline/index.ts'
import { parseResources, type Resource } from '../../resource/index.ts'
import type { Command, Invocation } from '../command.ts'
import { readStdin } from '../read-stdin.ts'
import { withSession } from '../session.ts'
import { answerJson } from './answer.ts'
import { deployAnswer } from './deploy-answer.ts'
import { parseLabels } from './options.ts'
import { readStatusSelectors } from './render-inputs.ts'
import { clusterFlags, globalFlags, projectFlags, statusFlags, tailFlag } from './shared-flags.ts'

export const applyCommand: Command = {
  name: 'apply',
  summary: 'Apply manifests that were rendered before',
  description:
    'Applies the resources of the given files as they are, and waits until they are ready. The configuration says how long, and\nwhich context and namespace are meant.',
  usage: 'FILE…',
  examples: [
    { text: 'what "catamaran render -o rendered.yaml" wrote', command: 'catamaran apply rendered.yaml' },
    { text: 'from standard input', command: 'catamaran render -a build.json | catamaran apply -' },
  ],
  flags: [...projectFlags, ...clusterFlags, ...statusFlags, tailFlag(false), ...globalFlags],
  maxArguments: Number.MAX_SAFE_INTEGER,
  answersOnStdout: false,
  async run(invocation) {
    const { flags } = invocation
    const resources = await readResources(invocation)
    const namespace = flags.text('namespace')
    await withSession(invocation, async ({ context, project }) => {
      const outcome = await applyProject(context, project, {
        resources,
        deploy: {
          gkeToleration: false,
          labels: parseLabels(flags.list('label')),
          ...(namespace === undefined ? {} : { namespace }),
          ...(flags.isSet('status-check') ? { statusCheck: flags.bool('status-check') } : {}),
          ...(flags.isSet('tolerate-failures-until-deadline')
            ? { tolerateFailures: flags.bool('tolerate-failures-until-deadline') }
            : {}),
          tail: flags.bool('tail'),
          recreate: flags.bool('force'),
          ...(await readStatusSelectors(invocation)),
        },
      })
      answerJson(invocation, deployAnswer(outcome))
    })
  },
}

async function readResources({ args, cwd }: Invocation): Promise<readonly Resource[]> {
  if (args.length === 0) {
    throw new ToolError('USAGE', 'apply takes the files of the manifests', {
      hint: 'catamaran apply rendered.yaml, or - for standard input',
    })
  }
  const resources: Resource[] = []
  for (const file of args) {
    const text = file === '-' ? await readStdin() : await readFile(resolve(cwd, file), 'utf8')
    resources.push(...parseResources(text, file === '-' ? 'standard input' : relative(cwd, resolve(cwd, file))))
  }
  return resources
}

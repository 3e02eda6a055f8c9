import { deleteProject } from '../../pipeline/index.ts'
import { cloudRunFlags } from '../cloud-run-flags.ts'
import type { Command } from '../command.ts'
import { withSession } from '../session.ts'
import { answerJson } from './answer.ts'
import { readSetters } from './render-inputs.ts'
import { clusterFlags, globalFlags, imageFlags, projectFlags } from './shared-flags.ts'

export const deleteCommand: Command = {
  name: 'delete',
  summary: 'Delete what was deployed',
  description: 'Deletes the resources of the manifests from the cluster and waits until they are gone.',
  examples: [
    { text: 'from the current context', command: 'catamaran delete' },
    { text: 'only say what would be deleted', command: 'catamaran delete --dry-run' },
  ],
  flags: [
    ...projectFlags,
    ...imageFlags,
    ...clusterFlags,
    ...cloudRunFlags,
    {
      name: 'dry-run',
      type: 'bool',
      default: 'false',
      description: 'Print what would be deleted, without deleting it',
    },
    {
      name: 'use-kubectl',
      type: 'bool',
      default: 'false',
      description: 'Delete with kubectl, as flags in deploy.kubectl.flags do by themselves',
    },
    ...globalFlags,
  ],
  maxArguments: 0,
  answersOnStdout: false,
  async run(invocation) {
    const { flags } = invocation
    await withSession(invocation, async ({ context, project }) => {
      const namespace = flags.text('namespace')
      const deleted = await deleteProject(context, project, {
        dryRun: flags.bool('dry-run'),
        useKubectl: flags.bool('use-kubectl'),
        ...(namespace === undefined ? {} : { namespace }),
        setters: await readSetters(invocation),
      })
      answerJson(invocation, { deleted })
    })
  },
}

import { resolve } from 'node:path'
import type { Context } from '../../pipeline/index.ts'
import { renderProject, type DigestSource } from '../../pipeline/render/index.ts'
import type { Command, Invocation } from '../command.ts'
import { withSession } from '../session.ts'
import { writeFileWhole } from '../write-file.ts'
import { writeJson } from './answer.ts'
import { givenImageFlags, readGivenImages } from './given-images.ts'
import { buildOptions, renderOptions } from './options.ts'
import { readRenderInputs } from './render-inputs.ts'
import { buildFlags, clusterFlags, globalFlags, imageFlags, projectFlags, renderFlags } from './shared-flags.ts'

export const renderCommand: Command = {
  name: 'render',
  summary: 'Print the resources that would be deployed',
  description:
    'Prints the resources with the references of the images, labels, namespace and node affinity. The images are those given\nwith -a or -i, else what --digest-source says. Comments and order of your files are kept.',
  examples: [
    { text: 'to a file', command: 'catamaran render --default-repo=registry.example.com/team -o rendered.yaml' },
    {
      text: 'with node affinity, also on a cluster of one architecture',
      command: 'catamaran render --enable-platform-node-affinity',
    },
    { text: 'with images that were built before', command: 'catamaran render -a build.json' },
  ],
  flags: [
    ...projectFlags,
    ...imageFlags,
    ...buildFlags,
    ...clusterFlags,
    ...renderFlags(false),
    ...givenImageFlags,
    {
      name: 'digest-source',
      type: 'string',
      choices: ['remote', 'local', 'tag', 'none'],
      description:
        'Look the digests of tags up in the registry (remote), build now (local), use tags as they are (tag), or leave the manifests alone (none); left out: remote, on a local cluster tag, with --sandbox local',
    },
    {
      name: 'offline',
      type: 'bool',
      default: 'false',
      description: 'Ask no cluster, and fill in no namespace',
    },
    {
      name: 'loud',
      type: 'bool',
      default: 'false',
      hidden: true,
      description: 'Accepted for compatibility: what builds print is always shown, on stderr',
    },
    {
      name: 'output',
      shorthand: 'o',
      type: 'string',
      placeholder: 'file',
      description: 'Write to a file instead of stdout',
    },
    ...globalFlags,
  ],
  maxArguments: 0,
  answersOnStdout: true,
  async run(invocation) {
    const { flags, terminal, cwd } = invocation
    await withSession(invocation, async ({ context, project }) => {
      const given = await readGivenImages(invocation)
      const rendered = await renderProject(context, project, {
        build: buildOptions(flags),
        render: { ...renderOptions(flags), ...(await readRenderInputs(invocation)) },
        offline: flags.bool('offline'),
        digestSource: await digestSource(invocation, context),
        ...(given === undefined ? {} : { given }),
      })
      const file = flags.text('output')
      if (flags.text('format') === 'json') writeJson(invocation, rendered.objects)
      else if (file === undefined) terminal.stdout.write(rendered.text)
      else await writeFileWhole(resolve(cwd, file), rendered.text)
    })
  },
}

const digestSources: readonly DigestSource[] = ['remote', 'local', 'tag', 'none']

/** A local cluster takes images without a registry; the sandbox's registry has nothing that was not built in this call. */
async function digestSource({ flags }: Invocation, context: Context): Promise<DigestSource> {
  const asked = digestSources.find((source) => source === flags.text('digest-source'))
  if (asked !== undefined) return asked
  if (flags.text('sandbox') !== undefined) return 'local'
  return (await context.localCluster?.()) === undefined ? 'remote' : 'tag'
}

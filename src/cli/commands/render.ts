import { resolve } from 'node:path'
import { renderProject } from '../../pipeline/index.ts'
import type { Command } from '../command.ts'
import { withSession } from '../session.ts'
import { writeFileWhole } from '../write-file.ts'
import { writeJson } from './answer.ts'
import { givenImageFlags, readGivenImages } from './given-images.ts'
import { buildOptions, renderOptions } from './options.ts'
import { buildFlags, clusterFlags, globalFlags, imageFlags, projectFlags, renderFlags } from './shared-flags.ts'

export const renderCommand: Command = {
  name: 'render',
  summary: 'Print the resources that would be deployed',
  description:
    'Builds the images (or takes those given with -a or -i) and prints the resources with the built references, labels,\nnamespace and node affinity. Comments and order of your files are kept.',
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
      const options = { build: buildOptions(flags), render: renderOptions(flags) }
      const rendered = await renderProject(context, project, { ...options, ...(given === undefined ? {} : { given }) })
      const file = flags.text('output')
      if (flags.text('format') === 'json') writeJson(invocation, rendered.objects)
      else if (file === undefined) terminal.stdout.write(rendered.text)
      else await writeFileWhole(resolve(cwd, file), rendered.text)
    })
  },
}

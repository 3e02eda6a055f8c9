import { listImageTags } from '../../pipeline/image/index.ts'
import type { Command } from '../command.ts'
import { writeJson } from './answer.ts'
import { insecureFlag, parsePlaces, withImages } from './image-session.ts'
import { globalFlags, registryFlags } from './shared-flags.ts'

/** 1.9 before 1.10, whatever order the registry keeps. */
const byNumbers = new Intl.Collator('en', { numeric: true })

export const imageTagsCommand: Command = {
  name: 'image tags',
  summary: 'List the tags of a repository',
  description: 'Prints the tags of a repository, or the names in an oci:FOLDER or an archive, one on each line.',
  usage: 'REPOSITORY',
  examples: [{ text: 'all tags', command: 'catamaran image tags reg.example.com/team/app' }],
  flags: [insecureFlag, ...registryFlags, ...globalFlags],
  maxArguments: 1,
  answersOnStdout: true,
  async run(invocation) {
    const [place] = parsePlaces(invocation, 1)
    if (place === undefined) return
    const listed = await withImages(invocation, [place], async (context) => listImageTags(context, place))
    const tags = listed.toSorted(byNumbers.compare)
    if (invocation.flags.text('format') === 'json') writeJson(invocation, { tags })
    else invocation.terminal.stdout.write(tags.map((tag) => `${tag}\n`).join(''))
  },
}

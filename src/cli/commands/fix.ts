import { copyFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fixConfig, newestVersion } from '../../config/index.ts'
import { ToolError } from '../../errors/index.ts'
import type { Command, Invocation } from '../command.ts'
import { readMainConfig } from '../load-project.ts'
import { writeFileWhole } from '../write-file.ts'
import { answerJson } from './answer.ts'
import { globalFlags, projectFlags } from './shared-flags.ts'

export const fixCommand: Command = {
  name: 'fix',
  summary: 'Upgrade skaffold.yaml to the newest version',
  description:
    'Prints the file as the newest version has it. Comments and the order of fields are not kept. Nothing is written unless\n--overwrite or -o is given; --overwrite keeps the old text beside it with the ending .v2.',
  examples: [
    { text: 'look at it first', command: 'catamaran fix' },
    { text: 'and take it', command: 'catamaran fix --overwrite' },
  ],
  flags: [
    ...projectFlags.filter(({ name }) => name === 'filename'),
    { name: 'version', type: 'string', default: newestVersion, description: 'Version to upgrade to' },
    { name: 'overwrite', type: 'bool', default: 'false', description: 'Write the result over the file' },
    {
      name: 'output',
      shorthand: 'o',
      type: 'string',
      placeholder: 'file',
      description: 'Write the result to this file',
    },
    ...globalFlags,
  ],
  maxArguments: 0,
  answersOnStdout: true,
  async run(invocation) {
    const { flags, emit, terminal } = invocation
    if (flags.bool('overwrite') && flags.text('output') !== undefined) {
      throw new ToolError('USAGE', '--overwrite and --output/-o cannot be used together', { hint: 'give one of them' })
    }
    const { file, text } = await readMainConfig(invocation)
    const target = flags.text('version') ?? newestVersion
    const fixed = fixConfig({ text, file, target, warn: (warning) => emit({ type: 'warning', text: warning }) })
    answerJson(invocation, { file, version: target, changed: fixed !== undefined })
    if (fixed !== undefined) await give(invocation, { file, target, fixed })
    else if (flags.text('format') !== 'json') terminal.stdout.write(`config is already version ${target}\n`)
  },
}

interface Fixed {
  readonly file: string
  readonly target: string
  readonly fixed: string
}

async function give({ flags, cwd, terminal }: Invocation, { file, target, fixed }: Fixed): Promise<void> {
  const output = flags.text('output') ?? (flags.bool('overwrite') ? file : undefined)
  const say = (text: string): void => {
    if (flags.text('format') !== 'json') terminal.stdout.write(text)
  }
  if (output === undefined) {
    say(fixed)
    return
  }
  if (flags.bool('overwrite')) {
    await copyFile(resolve(cwd, file), resolve(cwd, `${file}.v2`))
    say(`Backed up previous skaffold.yaml at  ${file}.v2\n`)
  }
  await writeFileWhole(resolve(cwd, output), fixed)
  say(`New config at version ${target} generated and written to ${output}\n`)
}

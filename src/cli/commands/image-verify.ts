import { ToolError } from '../../errors/index.ts'
import { verifyImage, type Verification } from '../../pipeline/image/index.ts'
import type { Command, Invocation } from '../command.ts'
import { writeJson } from './answer.ts'
import { insecureFlag, parsePlaces, withImages } from './image-session.ts'
import { globalFlags, registryFlags } from './shared-flags.ts'

export const imageVerifyCommand: Command = {
  name: 'image verify',
  summary: 'Check that an image is whole and is what it says',
  description:
    'Checks that every entry, configuration and layer is there with the size and digest that is claimed, and that platforms agree.\n--deep also reads the header of the program that each image starts. Prints one line for each finding and then exits with 1.',
  usage: 'IMAGE',
  examples: [
    { text: 'is everything there?', command: 'catamaran image verify reg.example.com/app:1.5' },
    { text: 'and do the programs fit?', command: 'catamaran image verify --deep reg.example.com/app:1.5' },
  ],
  flags: [
    {
      name: 'deep',
      type: 'bool',
      default: 'false',
      description: 'Look whether the program that is started, its interpreter and its loader are for the platform',
    },
    {
      name: 'content',
      type: 'bool',
      default: 'false',
      description: 'Read every layer to its end and check its digest, instead of asking for its size',
    },
    insecureFlag,
    ...registryFlags,
    ...globalFlags,
  ],
  maxArguments: 1,
  answersOnStdout: true,
  async run(invocation) {
    const { flags } = invocation
    const [from] = parsePlaces(invocation, 1)
    if (from === undefined) return
    const verified = await withImages(invocation, [from], async (context) =>
      verifyImage(context, { from, deep: flags.bool('deep'), content: flags.bool('content') }),
    )
    if (flags.text('format') === 'json') writeJson(invocation, verified)
    else print(invocation, verified)
    const { findings, reference } = verified
    if (findings.length === 0) return
    const count = findings.length === 1 ? 'one thing is' : `${findings.length} things are`
    throw new ToolError('VERIFY_FAILED', `${count} wrong with ${reference}`)
  },
}

function print({ terminal }: Invocation, { findings, images, blobs, reference, programs }: Verification): void {
  for (const { entry, message } of findings) terminal.stdout.write(`${entry === '' ? '' : `${entry}: `}${message}\n`)
  if (findings.length > 0) return
  for (const [entry, looked] of Object.entries(programs)) {
    if (looked.length > 0) terminal.stdout.write(`${entry}: ${looked.join(', ')}\n`)
  }
  terminal.stdout.write(`${reference} is whole: ${images} manifests, ${blobs} blobs\n`)
}

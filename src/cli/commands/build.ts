import { resolve } from 'node:path'
import type { SkaffoldConfig } from '../../config/index.ts'
import { buildProject, explainBuilds, type BuiltArtifact } from '../../pipeline/index.ts'
import type { Command, Invocation } from '../command.ts'
import { withSession } from '../session.ts'
import { writeJson } from './answer.ts'
import { buildAnswer, buildOutput } from './build-answer.ts'
import { explainAnswer, explainText } from './explain-answer.ts'
import { buildOptions } from './options.ts'
import { checkWritable, writeFileWhole } from '../write-file.ts'
import { renderOutputTemplate } from './output-template.ts'
import {
  buildFlags,
  clusterFlags,
  globalFlags,
  imageFlags,
  platformChoiceFlags,
  projectFlags,
  skipTestsFlag,
} from './shared-flags.ts'

export const buildCommand: Command = {
  name: 'build',
  summary: 'Build and push the images',
  description:
    'Builds every artifact for its platforms, pushes the images by digest and writes the index under the tag last.\nThe result can be deployed with "catamaran deploy -a FILE".',
  examples: [
    {
      text: 'two platforms under one tag',
      command: 'catamaran build -t v1 --default-repo=registry.example.com/team --platform=linux/amd64,linux/arm64',
    },
    { text: 'keep what was built for a later deploy', command: 'catamaran build --file-output=build.json' },
    { text: 'only the names that would be built', command: 'catamaran build --dry-run -q' },
    { text: 'which builder every image gets, and why', command: 'catamaran build --explain' },
  ],
  flags: [
    ...projectFlags,
    ...imageFlags,
    ...buildFlags,
    ...platformChoiceFlags(false).map((flag) =>
      flag.name === 'check-cluster-node-platforms' ? { ...flag, default: 'false' } : flag,
    ),
    ...clusterFlags,
    { name: 'push', type: 'bool', description: 'Push the images; several platforms always need it' },
    // as in Skaffold, whose build does not test either
    { ...skipTestsFlag, hidden: true },
    { name: 'dry-run', type: 'bool', default: 'false', description: 'Print the tags without building' },
    {
      name: 'explain',
      type: 'bool',
      default: 'false',
      description: 'Print which builder every image gets for each platform, and why, without building',
    },
    { name: 'quiet', shorthand: 'q', type: 'bool', default: 'false', description: 'Print only the result' },
    {
      name: 'output',
      shorthand: 'o',
      type: 'string',
      default: '{{json .}}',
      placeholder: 'template',
      description: 'Template of the result that -q prints',
    },
    { name: 'file-output', type: 'string', placeholder: 'file', description: 'Write the result as JSON to a file' },
    ...globalFlags,
  ],
  maxArguments: 0,
  answersOnStdout: false,
  async run(invocation) {
    const { flags } = invocation
    if (flags.bool('explain')) return explain(invocation)
    checkTemplate(invocation)
    await checkFileOutput(invocation)
    const built = await withSession(invocation, async ({ context, project }) => {
      sayNothingChosen(invocation, project.configs)
      return buildProject(context, project, { ...buildOptions(flags), dryRun: flags.bool('dry-run') })
    })
    await writeFileOutput(invocation, built)
    return printResult(invocation, built)
  },
}

/** A mistake is told before anything is built. */
function checkTemplate({ flags }: Invocation): void {
  const output = { builds: [{ imageName: 'image', tag: 'image:tag' }] }
  if (flags.bool('quiet')) renderOutputTemplate(flags.text('output') ?? '', output)
}

/** The build may take long. */
async function checkFileOutput({ flags, cwd }: Invocation): Promise<void> {
  const file = flags.text('file-output')
  if (file !== undefined) await checkWritable(resolve(cwd, file))
}

/** That nothing is built is no failure, as in Skaffold, and hardly what was meant. */
function sayNothingChosen({ flags, emit }: Invocation, configs: readonly SkaffoldConfig[]): void {
  const parts = flags.list('build-image')
  const images = configs.flatMap(({ build }) => build.artifacts.map(({ image }) => image))
  if (parts.length === 0 || images.some((image) => parts.some((part) => image.includes(part)))) return
  emit({
    type: 'warning',
    text: `no image name contains ${parts.map((part) => JSON.stringify(part)).join(' or ')}: nothing is built`,
    ...(images.length === 0 ? {} : { hint: `the images are ${images.join(', ')}` }),
  })
}

async function explain(invocation: Invocation): Promise<void> {
  const { flags, terminal } = invocation
  const explained = await withSession(invocation, async ({ context, project }) =>
    explainBuilds(context, project, buildOptions(flags)),
  )
  if (flags.text('format') === 'json') writeJson(invocation, explainAnswer(explained))
  else terminal.stdout.write(explainText(explained))
}

/** Written only after everything was built: a failed build leaves an older file as it was. */
async function writeFileOutput({ flags, cwd }: Invocation, built: readonly BuiltArtifact[]): Promise<void> {
  const file = flags.text('file-output')
  if (file !== undefined) await writeFileWhole(resolve(cwd, file), `${JSON.stringify(buildOutput(built))}\n`)
}

function printResult(invocation: Invocation, built: readonly BuiltArtifact[]): void {
  const { flags, terminal } = invocation
  if (flags.text('format') === 'json') writeJson(invocation, buildAnswer(built))
  else if (flags.bool('quiet')) {
    terminal.stdout.write(renderOutputTemplate(flags.text('output') ?? '{{json .}}', buildOutput(built)))
  }
}

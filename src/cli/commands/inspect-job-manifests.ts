import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { changeJobManifests, describeConfigs, type JobManifests } from '../../config/index.ts'
import { ToolError } from '../../errors/index.ts'
import type { Command } from '../command.ts'
import { loadProjectDocuments } from '../load-project.ts'
import { writeFileWhole } from '../write-file.ts'
import { answerInspect, inspectFlags, inspectProject } from './inspect-session.ts'

export const inspectJobManifestsListCommand: Command = {
  name: 'inspect jobManifestPaths list',
  summary: 'List the Job manifests of verifications and actions',
  description: 'Prints the Job manifest of every verification and custom action that has one, as JSON.',
  examples: [{ text: 'of this project', command: 'catamaran inspect jobManifestPaths list' }],
  flags: inspectFlags,
  maxArguments: 0,
  answersOnStdout: true,
  async run(invocation) {
    await answerInspect(invocation, async () => {
      const configs = await inspectProject(invocation)
      const paths = (section: 'customActions' | 'verify'): Readonly<Record<string, string>> =>
        Object.fromEntries(
          configs.flatMap((config) =>
            config[section].flatMap(({ name, jobManifestPath }) =>
              jobManifestPath === undefined ? [] : [[name, jobManifestPath] as const],
            ),
          ),
        )
      return { verifyJobManifestPaths: paths('verify'), customActionJobManifestPaths: paths('customActions') }
    })
  },
}

export const inspectJobManifestsModifyCommand: Command = {
  name: 'inspect jobManifestPaths modify',
  summary: 'Print the configurations with other Job manifests',
  description:
    'Prints all configurations of the project in one file, as they take effect, with the Job manifests of the input, which has the\nform of what "inspect jobManifestPaths list" prints.',
  examples: [
    { text: 'into a file', command: 'catamaran inspect jobManifestPaths modify -i paths.json -o skaffold.new.yaml' },
  ],
  flags: [
    ...inspectFlags,
    { name: 'input', shorthand: 'i', type: 'string', placeholder: 'file', description: 'JSON file with the paths' },
    { name: 'output', shorthand: 'o', type: 'string', placeholder: 'file', description: 'Write to a file' },
  ],
  maxArguments: 0,
  answersOnStdout: true,
  async run(invocation) {
    const { flags, cwd, terminal } = invocation
    await answerInspect(invocation, async () => {
      const input = flags.text('input')
      if (input === undefined) {
        throw new ToolError('USAGE', 'inspect jobManifestPaths modify takes a file with paths', {
          hint: 'pass --input FILE',
        })
      }
      const manifests = parseManifests(await readFile(resolve(cwd, input), 'utf8'), input)
      const { documents } = await loadProjectDocuments(invocation)
      const text = describeConfigs(changeJobManifests(documents, manifests), { folder: cwd })
      const output = flags.text('output')
      if (output === undefined) terminal.stdout.write(text)
      else await writeFileWhole(resolve(cwd, output), text)
      return undefined
    })
  },
}

function parseManifests(text: string, file: string): JobManifests {
  try {
    const value = JSON.parse(text) as Readonly<Record<string, unknown>>
    return {
      verify: textsOf(value['verifyJobManifestPaths']),
      customActions: textsOf(value['customActionJobManifestPaths']),
    }
  } catch (error) {
    throw new ToolError('USAGE', `${file} is no list of Job manifests`, {
      hint: 'make one with "catamaran inspect jobManifestPaths list"',
      cause: error,
    })
  }
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : []
  return Object.fromEntries(entries.flatMap(([key, path]) => (typeof path === 'string' ? [[key, path] as const] : [])))
}

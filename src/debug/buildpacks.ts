import { isMapping, type Mapping } from '../resource/index.ts'
import type { DebugImage, Refusal } from './contract.ts'
import { envOf } from './environment.ts'
import { isShell, scriptLaunch, type CommandLine, type Launch, type LaunchChange } from './script-launch.ts'
import { mappings, texts } from './mappings.ts'
import { imageWords, plainWords, textsOf, type Word } from './words.ts'

const launcher = '/cnb/lifecycle/launcher'
const processFolder = '/cnb/process/'
const metadataLabel = 'io.buildpacks.build.metadata'

/**
 * Whether a container is started by the launcher of Cloud Native Buildpacks.
 * @see https://github.com/buildpacks/spec/blob/main/platform.md#launcher
 */
export function isBuildpacksImage({ command }: CommandLine, { config }: DebugImage): boolean {
  const labels = config.Labels ?? {}
  if (labels['io.buildpacks.stack.id'] === undefined && labels[metadataLabel] === undefined) return false
  const entry = command[0]?.value ?? ''
  return command.length === 1 && (entry === launcher || entry.startsWith(processFolder))
}

/** What the launcher starts. It goes on doing so: it sets up the environment first. */
export function buildpacksLaunch(line: CommandLine, container: Mapping, image: DebugImage): Launch | Refusal {
  const processes = processesOf(image)
  if ('reason' in processes) return processes
  const env = envOf(container, image)
  const folder = env.get('CNB_APP_DIR')
  const type = processTypeOf(line, { processes, env })
  const launch = launchIn(line, { processes, type })
  if ('reason' in launch) return launch
  const isLauncherCalled = line.command[0]?.value === launcher
  return {
    ...launch,
    workingDir: folder === undefined || folder === 'unknown' ? '/workspace' : folder.value,
    put(program) {
      const change = launch.put(program)
      return isLauncherCalled || change.args === undefined ? change : { command: [launcher], ...change }
    },
  }
}

interface Process {
  readonly type: string
  readonly command: readonly string[]
  readonly args: readonly string[]
  /** Started as it is, without a shell. */
  readonly isDirect: boolean
  /** The container's arguments take the place of the process's, instead of following them. */
  readonly hasDefaultArgs: boolean
}

function processesOf({ config }: DebugImage): readonly Process[] | Refusal {
  const text = config.Labels?.[metadataLabel]
  if (text === undefined) return { reason: 'image is missing buildpacks metadata; perhaps built with older lifecycle?' }
  const processes = mappings(parseJson(text)['processes'])
  if (processes.length === 0) return { reason: 'buildpacks metadata has no processes' }
  return processes.map(processOf)
}

/** Newer platforms write the command as a list, and start every process directly. */
function processOf(process: Mapping): Process {
  const { type, command, args, direct } = process
  const isList = Array.isArray(command)
  return {
    type: typeof type === 'string' ? type : '',
    command: texts(isList ? command : [command]),
    args: texts(args),
    isDirect: isList || direct === true,
    hasDefaultArgs: isList,
  }
}

function parseJson(text: string): Mapping {
  try {
    const value: unknown = JSON.parse(text)
    return isMapping(value) ? value : {}
  } catch (error) {
    if (error instanceof SyntaxError) return {}
    throw error
  }
}

interface Known {
  readonly processes: readonly Process[]
  readonly env: ReturnType<typeof envOf>
}

/** The process that is started; undefined when the arguments are a command line of their own. */
function processTypeOf({ command, args }: CommandLine, { processes, env }: Known): string | undefined {
  const entry = command[0]?.value ?? ''
  if (entry.startsWith(processFolder)) return entry.slice(processFolder.length)
  const [first] = args
  if (first !== undefined) {
    return args.length === 1 && processes.some(({ type }) => type === first.value) ? first.value : undefined
  }
  const chosen = env.get('CNB_PROCESS_TYPE')
  return chosen === undefined || chosen === 'unknown' ? 'web' : chosen.value
}

function launchIn(
  { command, args }: CommandLine,
  { processes, type }: { readonly processes: readonly Process[]; readonly type: string | undefined },
): Launch | Refusal {
  if (type !== undefined) {
    const process = processes.find((one) => one.type === type)
    if (process === undefined) return { reason: `buildpacks metadata has no process ${type}` }
    const isNamed = command[0]?.value === launcher
    return processLaunch(process, isNamed ? [] : args)
  }
  const [first, ...others] = args
  if (first === undefined) return { reason: 'the container has no command line' }
  if (first.value === '--') return directLaunch(others)
  return scriptLaunch(first, (text) => ({ args: [text, ...textsOf(others)] }))
}

function processLaunch(process: Process, given: readonly Word[]): Launch {
  const command = imageWords(process.command)
  const isReplaced = process.hasDefaultArgs && given.length > 0
  const args = isReplaced ? given : [...imageWords(process.args), ...given]
  if (process.isDirect && !isShell([...command, ...args])) return directLaunch([...command, ...args])
  const words = process.isDirect ? [...command, ...args].slice(2) : [...command, ...args]
  const [script, ...positional] = words
  if (script === undefined) return directLaunch([])
  return scriptLaunch(script, (text) => ({ args: [text, ...textsOf(positional)] }))
}

function directLaunch(program: readonly Word[]): Launch {
  const put = (words: readonly Word[]): LaunchChange => ({ args: textsOf([...plainWords(['--']), ...words]) })
  return { program, rest: [], isScript: false, put }
}

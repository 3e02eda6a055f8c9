import type { Mapping } from '../resource/index.ts'
import { buildpacksLaunch, isBuildpacksImage } from './buildpacks.ts'
import type { DebugImage, Refusal } from './contract.ts'
import { texts } from './mappings.ts'
import { isShell, scriptLaunch, type CommandLine, type Launch, type LaunchChange } from './script-launch.ts'
import { imageWords, plainWords, programName, textsOf, type Word } from './words.ts'

/** Finds the program of a container, behind shells and launchers. */
export function launchOf(container: Mapping, image: DebugImage): Launch | Refusal {
  const line = commandLineOf(container, image)
  if (isBuildpacksImage(line, image)) return buildpacksLaunch(line, container, image)
  return shellLaunch(line) ?? plainLaunch(line)
}

/** A command in the manifest takes away the image's arguments too. */
function commandLineOf(container: Mapping, { config }: DebugImage): CommandLine {
  const [command, args] = [texts(container['command']), texts(container['args'])]
  const areArgsOfImage = command.length === 0 && args.length === 0
  return {
    command: command.length > 0 ? plainWords(command) : imageWords(config.Entrypoint ?? []),
    args: areArgsOfImage ? imageWords(config.Cmd ?? []) : plainWords(args),
    areArgsOfImage,
  }
}

function plainLaunch(line: CommandLine): Launch {
  const { command, args } = line
  if (command.length > 0 && !isLauncher(command)) {
    return {
      program: command,
      rest: args,
      isScript: false,
      put: (program) => ({ command: textsOf(program), ...keptArgs(line) }),
    }
  }
  return { program: args, rest: [], isScript: false, put: (program) => ({ args: textsOf(program) }) }
}

function keptArgs({ args, areArgsOfImage }: CommandLine): LaunchChange {
  return areArgsOfImage && args.length > 0 ? { args: textsOf(args) } : {}
}

/** `sh -c SCRIPT` in its three forms; undefined for other command lines. */
function shellLaunch(line: CommandLine): Launch | undefined {
  const { command, args } = line
  const [script] = args
  if (command.length === 2 && isShell(command) && script !== undefined) {
    return scriptLaunch(script, (text) => ({ args: [text, ...textsOf(args.slice(1))] }))
  }
  if (command.length > 2 && isShell(command)) {
    return inList(command, (list) => ({ command: list, ...keptArgs(line) }))
  }
  if ((command.length === 0 || isLauncher(command)) && args.length > 2 && isShell(args)) {
    return inList(args, (list) => ({ args: list }))
  }
  return undefined
}

function inList(words: readonly Word[], put: (list: readonly string[]) => LaunchChange): Launch | undefined {
  const script = words[2]
  if (script === undefined) return undefined
  return scriptLaunch(script, (text) => put([...textsOf(words.slice(0, 2)), text, ...textsOf(words.slice(3))]))
}

/** Entrypoints that only start the image's command. */
function isLauncher(command: readonly Word[]): boolean {
  const name = programName(command)
  if (name === 'docker-entrypoint.sh') return command.length === 1
  return (name === 'tini' || name === 'dumb-init') && command.slice(1).every(({ value }) => value.startsWith('-'))
}

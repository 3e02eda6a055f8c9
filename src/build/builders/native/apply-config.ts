import {
  invalid,
  type ArgInstruction,
  type CommandInstruction,
  type CommandLine,
  type ExposeInstruction,
  type HealthcheckInstruction,
  type Instruction,
  type Location,
  type NamedValue,
} from '../../../dockerfile/index.ts'
import type { ContainerConfig, Healthcheck } from '../../../image/index.ts'
import { commandLine, healthcheckLine } from './history.ts'
import { expandPorts } from './ports.ts'
import { isSignal } from './signals.ts'
import { setEnv, type StageState } from './stage-state.ts'

/** What an instruction changes in the configuration, and what it leaves in the history. */
export interface ConfigEffect {
  readonly config: ContainerConfig
  readonly author?: string
  readonly hasOwnCmd?: boolean
  /** As BuildKit writes it; undefined for ONBUILD, which leaves nothing. */
  readonly line: string | undefined
}

/**
 * What an instruction does that changes nothing but the configuration; undefined for COPY, ADD, WORKDIR and RUN.
 * @throws DOCKERFILE_INVALID
 */
export function configEffect(state: StageState, instruction: Instruction): ConfigEffect | undefined {
  const { config } = state
  if (instruction.kind === 'arg') return { config, line: argLine(instruction) }
  if (instruction.kind === 'cmd' || instruction.kind === 'entrypoint') return commandEffect(state, instruction)
  if (instruction.kind === 'env') {
    const env = instruction.pairs.reduce((list, { name, value }) => setEnv(list, name, value), config.Env ?? [])
    return { config: { ...config, Env: env }, line: pairsLine('ENV', instruction.pairs) }
  }
  if (instruction.kind === 'label') {
    const labels = Object.fromEntries(instruction.pairs.map(({ name, value }) => [name, value]))
    const line = pairsLine('LABEL', instruction.pairs)
    return { config: { ...config, Labels: { ...config.Labels, ...labels } }, line }
  }
  if (instruction.kind === 'expose') return exposeEffect(config, instruction)
  if (instruction.kind === 'volume') {
    const volumes = { ...config.Volumes, ...emptyObjects(instruction.paths) }
    return { config: { ...config, Volumes: volumes }, line: `VOLUME [${instruction.paths.join(' ')}]` }
  }
  return otherEffect(config, instruction)
}

function otherEffect(config: ContainerConfig, instruction: Instruction): ConfigEffect | undefined {
  if (instruction.kind === 'user') {
    const { User: _, ...rest } = config
    const user = instruction.value === '' ? {} : { User: instruction.value }
    return { config: { ...rest, ...user }, line: `USER ${instruction.value}` }
  }
  if (instruction.kind === 'maintainer') {
    return { config, author: instruction.value, line: `MAINTAINER ${instruction.value}` }
  }
  if (instruction.kind === 'shell') {
    return { config: { ...config, Shell: instruction.words }, line: `SHELL [${instruction.words.join(' ')}]` }
  }
  if (instruction.kind === 'healthcheck') {
    return { config: { ...config, Healthcheck: healthcheckOf(instruction) }, line: healthcheckLine(instruction) }
  }
  if (instruction.kind === 'onbuild') {
    return { config: { ...config, OnBuild: [...(config.OnBuild ?? []), instruction.text] }, line: undefined }
  }
  if (instruction.kind !== 'stopsignal') return undefined
  if (!isSignal(instruction.value)) throw invalid(instruction.at, `"${instruction.value}" is no signal`)
  return { config: { ...config, StopSignal: instruction.value }, line: `STOPSIGNAL ${instruction.value}` }
}

/** ENTRYPOINT takes away a CMD that was not set in the same stage. */
function commandEffect(state: StageState, instruction: CommandInstruction): ConfigEffect {
  const { config, hasOwnCmd } = state
  const words = shellWords(instruction.command, config)
  const line = commandLine(instruction.kind.toUpperCase(), words)
  const { Entrypoint, Cmd, ...rest } = config
  if (instruction.kind === 'cmd') {
    const entrypoint = Entrypoint === undefined ? {} : { Entrypoint }
    const cmd = words.length === 0 ? {} : { Cmd: words }
    return { config: { ...rest, ...entrypoint, ...cmd, ArgsEscaped: true }, hasOwnCmd: true, line }
  }
  const kept = hasOwnCmd && Cmd !== undefined ? { Cmd } : {}
  return { config: { ...rest, ...kept, ...(words.length === 0 ? {} : { Entrypoint: words }) }, line }
}

function shellWords(command: CommandLine, config: ContainerConfig): readonly string[] {
  if (!command.isShell) return command.words
  return [...(config.Shell ?? ['/bin/sh', '-c']), command.words.join(' ')]
}

function exposeEffect(
  config: ContainerConfig,
  instruction: ExposeInstruction & { readonly at: Location },
): ConfigEffect {
  const ports = expandPorts(instruction.ports, instruction.at)
  const list = [...new Set(ports)].sort().map((port) => `${port}:{}`)
  return {
    config: { ...config, ExposedPorts: { ...config.ExposedPorts, ...emptyObjects(ports) } },
    line: `EXPOSE map[${list.join(' ')}]`,
  }
}

/** Durations and counts of 0 are left to the runtime. */
function healthcheckOf(instruction: HealthcheckInstruction): Healthcheck {
  const { interval, timeout, startPeriod, startInterval, retries, test } = instruction
  const numbers = { Interval: interval, Timeout: timeout, StartPeriod: startPeriod, StartInterval: startInterval }
  const given = Object.entries({ ...numbers, Retries: retries }).filter(([, value]) => value !== 0)
  return { Test: test, ...Object.fromEntries(given) }
}

function argLine({ args }: ArgInstruction): string {
  return `ARG ${args.map(({ name, value }) => (value === undefined ? name : `${name}=${value}`)).join(' ')}`
}

function pairsLine(name: string, pairs: readonly NamedValue[]): string {
  return [name, ...pairs.map((pair) => `${pair.name}=${pair.value}`)].join(' ')
}

function emptyObjects(names: readonly string[]): Readonly<Record<string, object>> {
  return Object.fromEntries(names.map((name) => [name, {}]))
}

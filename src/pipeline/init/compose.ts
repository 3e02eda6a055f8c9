import { load, YAMLException } from 'js-yaml'
import { posix } from 'node:path'
import { ToolError } from '../../errors/index.ts'
import { isMapping, type Mapping } from '../../resource/index.ts'
import type { DeploymentOptions } from './deployment.ts'
import type { Pair } from './pair.ts'

/** What a compose file says about images and how they run. */
export interface ComposeProject {
  /** Services that are built. */
  readonly pairs: readonly Pair[]
  /** A Deployment for each service. */
  readonly deployments: readonly DeploymentOptions[]
}

/**
 * Reads the services of a compose file: what they are built of, their ports, environment and command. Everything else is told
 * to `warn`.
 * @throws RESOURCE_INVALID
 * @see https://github.com/compose-spec/compose-spec/blob/main/05-services.md
 */
export function readCompose(text: string, file: string, warn: (text: string) => void): ComposeProject {
  const root = parse(text, file)
  const services = Object.entries(isMapping(root['services']) ? root['services'] : {})
  const read = services.flatMap(([name, service]) =>
    isMapping(service) ? [readService(name, service, { file, warn })] : [],
  )
  if (read.length === 0) {
    throw new ToolError('RESOURCE_INVALID', `${file} has no services`, {
      where: placeOfServices(text, file),
      hint: 'name another compose file',
    })
  }
  return { pairs: read.flatMap(({ pair }) => pair ?? []), deployments: read.map((one) => one.deployment) }
}

interface Reading {
  readonly file: string
  readonly warn: (text: string) => void
}

interface ReadService {
  readonly pair: Pair | undefined
  readonly deployment: DeploymentOptions
}

const understood = new Set([
  'build',
  'command',
  'container_name',
  'depends_on',
  'entrypoint',
  'environment',
  'expose',
  'image',
  'ports',
  'restart',
])

function readService(name: string, service: Mapping, { file, warn }: Reading): ReadService {
  const lost = Object.keys(service).filter((key) => !understood.has(key) && !key.startsWith('x-'))
  if (lost.length > 0) warn(`${file}: ${lost.join(', ')} of the service ${name} is not put into its manifest`)
  const built = builtOf(service['build'], file)
  const written = textOf(service['image'])
  const image = bareName(written ?? name)
  const [command, args] = [commandOf(service['entrypoint']), commandOf(service['command'])]
  return {
    pair: built === undefined ? undefined : { ...built, image },
    deployment: {
      name: name.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-'),
      image: built === undefined ? (written ?? name) : image,
      ports: [...new Set([...portsOf(service['ports']), ...portsOf(service['expose'])])],
      env: environmentOf(service['environment']),
      ...(command === undefined ? {} : { command }),
      ...(args === undefined ? {} : { args }),
    },
  }
}

/** A folder, or a mapping with the folder and the Dockerfile in it. */
function builtOf(build: unknown, file: string): Pick<Pair, 'builder' | 'context'> | undefined {
  if (build === undefined || build === null) return undefined
  const written = isMapping(build) ? build : { context: build }
  const context = posix.join(posix.dirname(file), textOf(written['context']) ?? '.')
  const path = posix.join(context, textOf(written['dockerfile']) ?? 'Dockerfile')
  return { builder: { kind: 'Docker', path }, context }
}

function parse(text: string, file: string): Mapping {
  try {
    const value = load(text)
    if (isMapping(value)) return value
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error
    const { line = 0, column = 0 } = error.mark ?? {}
    throw new ToolError('RESOURCE_INVALID', `${file} is not valid YAML: ${error.reason}`, {
      where: `${file}:${line + 1}:${column + 1}`,
      hint: 'correct the file at that place',
    })
  }
  throw new ToolError('RESOURCE_INVALID', `${file} is no compose file`, {
    where: `${file}:1:1`,
    hint: 'name another one',
  })
}

/** The line of the key, else the first. */
function placeOfServices(text: string, file: string): string {
  const at = Math.max(0, text.search(/^["']?services\b/m))
  return `${file}:${text.slice(0, at).split('\n').length}:1`
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function bareName(image: string): string {
  return image.replace(/@.*$/, '').replace(/:[^:/]*$/, '')
}

/** `8080`, `80:8080`, `127.0.0.1:80:8080/tcp`, `{target: 8080}`: the port inside of the container. */
function portsOf(ports: unknown): readonly number[] {
  const list = Array.isArray(ports) ? (ports as readonly unknown[]) : []
  return list.flatMap((port) => {
    const target = isMapping(port) ? port['target'] : port
    const last = typeof target === 'number' || typeof target === 'string' ? String(target).split(':').at(-1) : undefined
    const number = Number.parseInt(last ?? '', 10)
    return number > 0 ? [number] : []
  })
}

function environmentOf(environment: unknown): Readonly<Record<string, string>> {
  if (Array.isArray(environment)) {
    const pairs = (environment as readonly unknown[]).flatMap((entry) => {
      const [key = '', ...value] = typeof entry === 'string' ? entry.split('=') : []
      return key === '' || value.length === 0 ? [] : [[key, value.join('=')] as const]
    })
    return Object.fromEntries(pairs)
  }
  if (!isMapping(environment)) return {}
  const pairs = Object.entries(environment).flatMap(([key, value]) =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? [[key, String(value)] as const]
      : [],
  )
  return Object.fromEntries(pairs)
}

/** A list is taken as it is; a line is split as a shell does, quotes heeded. */
function commandOf(command: unknown): readonly string[] | undefined {
  if (Array.isArray(command)) return command.map(String)
  const line = textOf(command)
  if (line === undefined) return undefined
  return [...line.matchAll(/"((?:\\.|[^"\\])*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  )
}

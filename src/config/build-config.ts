import { dirname } from 'node:path'
import { isNull, valueOf, type Node } from './node.ts'
import { readBoolean, readInteger, readItems, readPath, readText, readTexts } from './read.ts'
import { placeOf, type Source } from './source.ts'
import { tagPolicyOf } from './tag-policy.ts'
import { renderTemplate } from './template/render-template.ts'
import type { Artifact, BuildConfig, CustomArtifact, DeployConfig, DockerArtifact, SkaffoldConfig } from './types.ts'

/** What a configuration's templates may use, and what it is one of. */
export interface BuildOptions {
  readonly source: Source
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cmd?: (argv: readonly string[]) => string
  /** The only document of its file: the default renderer is for those. */
  readonly isAlone: boolean
}

/** Turns a checked document, profiles applied, into the typed configuration: defaults set, templates rendered. */
export function buildConfig(config: Node, options: BuildOptions): SkaffoldConfig {
  const name = readText(readPath(config, 'metadata', 'name'))
  const manifests = readTexts(readPath(config, 'manifests', 'rawYaml'))
  const rawYaml = manifests?.map((_, index) => {
    const node = readItems(readPath(config, 'manifests', 'rawYaml'))[index]
    return render(node, options, true) ?? ''
  })
  return {
    apiVersion: readText(valueOf(config, 'apiVersion')) ?? '',
    kind: 'Config',
    ...(name === undefined ? {} : { metadata: { name } }),
    build: buildSection(valueOf(config, 'build'), options),
    manifests: { rawYaml: rawYaml ?? (options.isAlone ? ['k8s/*.yaml'] : []) },
    deploy: deploySection(valueOf(config, 'deploy'), options),
    file: options.source.file,
    folder: dirname(options.source.file),
  }
}

function buildSection(build: Node | undefined, options: BuildOptions): BuildConfig {
  const local = readPath(build, 'local')
  return {
    artifacts: readItems(valueOf(build, 'artifacts')).map((artifact) => artifactOf(artifact, options)),
    tagPolicy: tagPolicyOf(valueOf(build, 'tagPolicy')),
    ...defined({
      platforms: readTexts(valueOf(build, 'platforms')),
      insecureRegistries: readTexts(valueOf(build, 'insecureRegistries')),
      local:
        local?.kind === 'map'
          ? defined({
              push: readBoolean(valueOf(local, 'push')),
              concurrency: readInteger(valueOf(local, 'concurrency')),
            })
          : undefined,
    }),
  }
}

function artifactOf(artifact: Node, options: BuildOptions): Artifact {
  const custom = valueOf(artifact, 'custom')
  return {
    image: readText(valueOf(artifact, 'image')) ?? '',
    context: readText(valueOf(artifact, 'context')) ?? '.',
    ...defined({ platforms: readTexts(valueOf(artifact, 'platforms')) }),
    builder:
      custom === undefined || isNull(custom)
        ? dockerOf(valueOf(artifact, 'docker'), options)
        : customOf(custom, options),
  }
}

function dockerOf(docker: Node | undefined, options: BuildOptions): DockerArtifact {
  return {
    kind: 'docker',
    dockerfile: readText(valueOf(docker, 'dockerfile')) ?? 'Dockerfile',
    buildArgs: argumentsOf(valueOf(docker, 'buildArgs'), options),
    ...defined({
      target: readText(valueOf(docker, 'target')),
      noCache: readBoolean(valueOf(docker, 'noCache')),
    }),
  }
}

function customOf(custom: Node, options: BuildOptions): CustomArtifact {
  const dependencies = valueOf(custom, 'dependencies')
  const dockerfile = valueOf(dependencies, 'dockerfile')
  const written = defined({
    paths: readTexts(valueOf(dependencies, 'paths')),
    ignore: readTexts(valueOf(dependencies, 'ignore')),
    command: readText(valueOf(dependencies, 'command')),
    dockerfile:
      dockerfile === undefined || isNull(dockerfile)
        ? undefined
        : {
            path: readText(valueOf(dockerfile, 'path')) ?? '',
            buildArgs: argumentsOf(valueOf(dockerfile, 'buildArgs'), options),
          },
  })
  return {
    kind: 'custom',
    buildCommand: render(valueOf(custom, 'buildCommand'), options) ?? '',
    dependencies: dependencies?.kind === 'map' ? written : { paths: ['.'] },
  }
}

/** Values are templates; one that is null comes from the environment, or is left out when it is not there either. */
function argumentsOf(node: Node | undefined, options: BuildOptions): Readonly<Record<string, string>> {
  if (node?.kind !== 'map') return {}
  const pairs = node.entries.flatMap(({ key, value }) => {
    const given = isNull(value) ? fromEnvironment(options.env, key) : render(value, options)
    return given === undefined ? [] : [[key, given] as const]
  })
  return Object.fromEntries(pairs)
}

function fromEnvironment(env: BuildOptions['env'], key: string): string | undefined {
  return Object.hasOwn(env, key) ? env[key] : undefined
}

const prefixes = ['container', 'podAndContainer', 'none', 'auto'] as const

function deploySection(deploy: Node | undefined, options: BuildOptions): DeployConfig {
  const kubectl = valueOf(deploy, 'kubectl')
  const defaultNamespace = render(valueOf(kubectl, 'defaultNamespace'), options, true)
  const prefix = readText(readPath(deploy, 'logs', 'prefix'))
  return defined({
    kubeContext: readText(valueOf(deploy, 'kubeContext')),
    statusCheck: readBoolean(valueOf(deploy, 'statusCheck')),
    statusCheckDeadlineSeconds: readInteger(valueOf(deploy, 'statusCheckDeadlineSeconds')),
    tolerateFailuresUntilDeadline: readBoolean(valueOf(deploy, 'tolerateFailuresUntilDeadline')),
    kubectl: kubectl?.kind === 'map' ? defined({ defaultNamespace }) : undefined,
    logs: { prefix: prefixes.find((known) => known === prefix) ?? 'container' },
  })
}

function render(node: Node | undefined, { source, env, cmd }: BuildOptions, strict = false): string | undefined {
  if (node?.kind !== 'scalar' || isNull(node)) return undefined
  return renderTemplate(node.text, env, {
    strict,
    where: placeOf(source, node.at),
    ...(cmd === undefined ? {} : { cmd }),
  })
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

/** The members that have a value. */
function defined<T extends object>(members: T): Defined<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Defined<T>
}

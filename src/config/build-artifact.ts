import { isNull, valueOf, type Node } from './node.ts'
import { syncOf } from './cluster-config.ts'
import { defined } from './defined.ts'
import { readAs, shapeAt } from './read-as.ts'
import { readBoolean, readItems, readText, readTexts } from './read.ts'
import { renderNode, type BuildOptions } from './render-node.ts'
import type { HostHooks } from './hook-types.ts'
import type {
  ArtifactBuilder,
  BazelArtifact,
  BuildpacksArtifact,
  CustomArtifact,
  DockerArtifact,
  JibArtifact,
  KanikoArtifact,
  KoArtifact,
} from './artifact-types.ts'
import type { Artifact, ClusterBuild } from './types.ts'

/** One entry of `build.artifacts`, and where it is built. */
export function artifactOf(
  artifact: Node,
  options: BuildOptions & Pick<Artifact, 'cluster' | 'googleCloudBuild'>,
): Artifact {
  const requires = readItems(valueOf(artifact, 'requires')).map((dependency) => {
    const image = readText(valueOf(dependency, 'image')) ?? ''
    return { image, alias: readText(valueOf(dependency, 'alias')) ?? aliasOf(image) }
  })
  return {
    image: readText(valueOf(artifact, 'image')) ?? '',
    context: readText(valueOf(artifact, 'context')) ?? '.',
    ...defined({
      platforms: readTexts(valueOf(artifact, 'platforms')),
      requires: requires.length === 0 ? undefined : requires,
      hooks: readAs<HostHooks>(valueOf(artifact, 'hooks'), shapeAt('build', 'artifacts', 'hooks')),
      sync: syncOf(artifact),
      runtimeType: runtimeTypeOf(artifact),
      cluster: options.cluster,
      googleCloudBuild: options.googleCloudBuild,
    }),
    builder: builderOf(artifact, options),
  }
}

/** Another word is refused before; `unknown` says as little as nothing. */
function runtimeTypeOf(artifact: Node): Artifact['runtimeType'] {
  const written = readText(valueOf(artifact, 'runtimeType'))
  return runtimeTypes.find((type) => type === written)
}

const runtimeTypes = ['go', 'jvm', 'netcore', 'nodejs', 'python'] as const

/** The image's name as the name of an argument. */
function aliasOf(image: string): string {
  return image.replaceAll(/[^\w]/g, '_').toUpperCase()
}

function builderOf(
  artifact: Node,
  options: BuildOptions & { readonly cluster?: ClusterBuild | undefined },
): ArtifactBuilder {
  const given = (key: string): Node | undefined => {
    const node = valueOf(artifact, key)
    return node === undefined || isNull(node) ? undefined : node
  }
  const [custom, kaniko, ko] = [given('custom'), given('kaniko'), given('ko')]
  if (custom !== undefined) return customOf(custom, options)
  if (kaniko !== undefined) return kanikoOf(kaniko, options)
  if (ko !== undefined) return koOf(ko, options)
  const buildpacks = given('buildpacks')
  if (buildpacks !== undefined) return buildpacksOf(buildpacks, options)
  const [jib, bazel] = [given('jib'), given('bazel')]
  if (jib !== undefined) return { ...read<JibArtifact>(jib, 'jib'), kind: 'jib' }
  if (bazel !== undefined) return { target: '', ...read<BazelArtifact>(bazel, 'bazel'), kind: 'bazel' }
  const docker = given('docker')
  // what a cluster builds is built by kaniko when nothing is said
  return docker === undefined && options.cluster !== undefined
    ? kanikoOf(undefined, options)
    : dockerOf(docker, options)
}

function read<T extends object>(node: Node | undefined, kind: string): Partial<T> {
  return readAs<Partial<T>>(node, shapeAt('build', 'artifacts', kind)) ?? {}
}

function dockerOf(docker: Node | undefined, options: BuildOptions): DockerArtifact {
  return {
    dockerfile: 'Dockerfile',
    ...read<DockerArtifact>(docker, 'docker'),
    kind: 'docker',
    buildArgs: argumentsOf(valueOf(docker, 'buildArgs'), options),
    ...defined({ noCache: readBoolean(valueOf(docker, 'noCache')) }),
  }
}

function kanikoOf(kaniko: Node | undefined, options: BuildOptions): KanikoArtifact {
  const written = read<KanikoArtifact>(kaniko, 'kaniko')
  const env = readItems(valueOf(kaniko, 'env')).map((item, index) => {
    const value = renderNode(valueOf(item, 'value'), options)
    return { name: '', ...written.env?.[index], ...defined({ value }) }
  })
  const ofExecutor = Object.fromEntries(env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])))
  const withExecutor = { ...options, env: { ...options.env, ...ofExecutor } }
  return {
    dockerfile: 'Dockerfile',
    image: 'gcr.io/kaniko-project/executor:latest',
    initImage: 'gcr.io/k8s-skaffold/skaffold-helpers/busybox',
    ...written,
    kind: 'kaniko',
    buildArgs: argumentsOf(valueOf(kaniko, 'buildArgs'), withExecutor),
    ...(env.length === 0 ? {} : { env }),
  }
}

function koOf(ko: Node, options: BuildOptions): KoArtifact {
  const list = (key: string): readonly string[] | undefined => renderedTexts(valueOf(ko, key), options)
  const labels = valueOf(ko, 'labels')
  return {
    ...read<KoArtifact>(ko, 'ko'),
    kind: 'ko',
    ...defined({
      env: list('env'),
      flags: list('flags'),
      ldflags: list('ldflags'),
      labels: labels === undefined || isNull(labels) ? undefined : argumentsOf(labels, options),
    }),
  }
}

function buildpacksOf(buildpacks: Node, options: BuildOptions): BuildpacksArtifact {
  const written = read<BuildpacksArtifact>(buildpacks, 'buildpacks')
  return {
    builder: 'gcr.io/buildpacks/builder:v1',
    projectDescriptor: 'project.toml',
    dependencies: { paths: ['.'] },
    // Skaffold's own builder is trusted
    ...(written.builder === undefined ? { trustBuilder: true } : {}),
    ...written,
    kind: 'buildpacks',
    ...defined({ env: renderedTexts(valueOf(buildpacks, 'env'), options) }),
  }
}

function renderedTexts(list: Node | undefined, options: BuildOptions): readonly string[] | undefined {
  const texts = readItems(list).map((item) => renderNode(item, options) ?? '')
  return texts.length === 0 ? undefined : texts
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
    buildCommand: renderNode(valueOf(custom, 'buildCommand'), options) ?? '',
    dependencies: dependencies?.kind === 'map' ? written : { paths: ['.'] },
  }
}

/** Values are templates; one that is null comes from the environment, or is left out when it is not there either. */
function argumentsOf(node: Node | undefined, options: BuildOptions): Readonly<Record<string, string>> {
  if (node?.kind !== 'map') return {}
  const pairs = node.entries.flatMap(({ key, value }) => {
    const given = isNull(value) ? fromEnvironment(options.env, key) : renderNode(value, options)
    return given === undefined ? [] : [[key, given] as const]
  })
  return Object.fromEntries(pairs)
}

function fromEnvironment(env: BuildOptions['env'], key: string): string | undefined {
  return Object.hasOwn(env, key) ? env[key] : undefined
}

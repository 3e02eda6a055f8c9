import { valueOf, type Node } from './node.ts'
import { readBoolean, readInteger, readItems, readPath, readText, readTexts } from './read.ts'
import { helmOf } from './helm-config.ts'
import { manifestsOf } from './manifests-config.ts'
import type { ResourceSelectorConfig } from './manifest-types.ts'
import { actionsOf, testsOf, verificationsOf } from './action-config.ts'
import { artifactOf } from './build-artifact.ts'
import { deployHooksOf, portForwardsOf } from './cluster-config.ts'
import { readAs, shapeAt } from './read-as.ts'
import { tagPolicyOf } from './tag-policy.ts'
import { defined } from './defined.ts'
import { folderOf } from './source.ts'
import { renderNode, type BuildOptions } from './render-node.ts'
import type { HostHooks } from './hook-types.ts'
import type {
  BuildConfig,
  CloudRunDeploy,
  ClusterBuild,
  DeployConfig,
  GoogleCloudBuild,
  KubectlDeploy,
  LocalBuild,
  SkaffoldConfig,
} from './types.ts'

/** Turns a checked document, profiles applied, into the typed configuration: defaults set, templates rendered. */
export function buildConfig(config: Node, options: BuildOptions): SkaffoldConfig {
  const name = readText(readPath(config, 'metadata', 'name'))
  return {
    apiVersion: readText(valueOf(config, 'apiVersion')) ?? '',
    kind: 'Config',
    ...(name === undefined ? {} : { metadata: { name } }),
    build: buildSection(valueOf(config, 'build'), options),
    manifests: manifestsOf(config, options),
    deploy: deploySection(valueOf(config, 'deploy'), options),
    ...defined({
      test: testsOf(config, options),
      verify: verificationsOf(config),
      customActions: actionsOf(config),
      portForward: portForwardsOf(config, options),
      resourceSelector: readAs<ResourceSelectorConfig>(
        valueOf(config, 'resourceSelector'),
        shapeAt('resourceSelector'),
      ),
    }),
    file: options.source.file,
    folder: folderOf(options.source.file),
  }
}

function buildSection(build: Node | undefined, options: BuildOptions): BuildConfig {
  const cluster = readAs<ClusterBuild>(valueOf(build, 'cluster'), shapeAt('build', 'cluster'))
  const googleCloudBuild = readAs<GoogleCloudBuild>(
    valueOf(build, 'googleCloudBuild'),
    shapeAt('build', 'googleCloudBuild'),
  )
  const environment = defined({ cluster, googleCloudBuild })
  return {
    artifacts: readItems(valueOf(build, 'artifacts')).map((item) => artifactOf(item, { ...options, ...environment })),
    tagPolicy: tagPolicyOf(valueOf(build, 'tagPolicy')),
    ...environment,
    ...defined({
      platforms: readTexts(valueOf(build, 'platforms')),
      insecureRegistries: readTexts(valueOf(build, 'insecureRegistries')),
      local: readAs<LocalBuild>(valueOf(build, 'local'), shapeAt('build', 'local')),
      hooks: readAs<HostHooks>(valueOf(build, 'hooks'), shapeAt('build', 'hooks')),
    }),
  }
}

function kubectlOf(kubectl: Node, defaultNamespace: string | undefined): KubectlDeploy {
  const flags = readAs<NonNullable<KubectlDeploy['flags']>>(
    valueOf(kubectl, 'flags'),
    shapeAt('deploy', 'kubectl', 'flags'),
  )
  return defined({ defaultNamespace, flags, hooks: deployHooksOf(kubectl) })
}

const prefixes = ['container', 'podAndContainer', 'none', 'auto'] as const

function deploySection(deploy: Node | undefined, options: BuildOptions): DeployConfig {
  const kubectl = valueOf(deploy, 'kubectl')
  const defaultNamespace = renderNode(valueOf(kubectl, 'defaultNamespace'), options, true)
  const prefix = readText(readPath(deploy, 'logs', 'prefix'))
  return defined({
    kubeContext: readText(valueOf(deploy, 'kubeContext')),
    statusCheck: readBoolean(valueOf(deploy, 'statusCheck')),
    statusCheckDeadlineSeconds: readInteger(valueOf(deploy, 'statusCheckDeadlineSeconds')),
    tolerateFailuresUntilDeadline: readBoolean(valueOf(deploy, 'tolerateFailuresUntilDeadline')),
    kubectl: kubectl?.kind === 'map' ? kubectlOf(kubectl, defaultNamespace) : undefined,
    helm: helmOf(valueOf(deploy, 'helm'), options),
    cloudrun: readAs<CloudRunDeploy>(valueOf(deploy, 'cloudrun'), shapeAt('deploy', 'cloudrun')),
    docker: readAs<NonNullable<DeployConfig['docker']>>(valueOf(deploy, 'docker'), shapeAt('deploy', 'docker')),
    logs: { prefix: prefixes.find((known) => known === prefix) ?? 'container' },
  })
}

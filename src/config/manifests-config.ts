import { defined } from './defined.ts'
import { helmOf } from './helm-config.ts'
import { isNull, valueOf, type Node } from './node.ts'
import { readAs, shapeAt } from './read-as.ts'
import { readItems, readPath, readText, readTexts } from './read.ts'
import { renderNode, type BuildOptions } from './render-node.ts'
import type { KptFunction, KustomizeConfig, ManifestsConfig, RemoteManifest, RenderHooks } from './manifest-types.ts'

/** `manifests` of a whole configuration, with what stands when nothing was written. */
export function manifestsOf(config: Node, options: BuildOptions): ManifestsConfig {
  const manifests = valueOf(config, 'manifests')
  const rawYaml = rendered(valueOf(manifests, 'rawYaml'), options)
  return {
    rawYaml: rawYaml.length > 0 || !needsDefault(config, options) ? rawYaml : [defaultManifests],
    ...defined({
      remoteManifests: remoteManifestsOf(config),
      kustomize: kustomizeOf(valueOf(manifests, 'kustomize'), options),
      helm: helmOf(valueOf(manifests, 'helm'), options),
      kpt: readTexts(valueOf(manifests, 'kpt')),
      transform: readAs<readonly KptFunction[]>(valueOf(manifests, 'transform'), shapeAt('manifests', 'transform')),
      validate: readAs<readonly KptFunction[]>(valueOf(manifests, 'validate'), shapeAt('manifests', 'validate')),
      hooks: readAs<RenderHooks>(valueOf(manifests, 'hooks'), shapeAt('manifests', 'hooks')),
    }),
  }
}

/** Those of `deploy.kubectl`, where they stood before, come from the context that it deploys to. */
function remoteManifestsOf(config: Node): readonly RemoteManifest[] | undefined {
  const own = readAs<readonly RemoteManifest[]>(
    readPath(config, 'manifests', 'remoteManifests'),
    shapeAt('manifests', 'remoteManifests'),
  )
  const kubeContext = readText(readPath(config, 'deploy', 'kubeContext'))
  const legacy = (readTexts(readPath(config, 'deploy', 'kubectl', 'remoteManifests')) ?? []).map((manifest) => ({
    manifest,
    ...defined({ kubeContext }),
  }))
  return legacy.length === 0 ? own : [...(own ?? []), ...legacy]
}

const defaultManifests = 'k8s/*.yaml'

/** Where something else is rendered, or nothing goes to a cluster, no manifests are looked for. */
function needsDefault(config: Node, { isAlone }: BuildOptions): boolean {
  const isGiven = (...path: readonly string[]): boolean => {
    const node = readPath(config, ...path)
    return node !== undefined && !isNull(node)
  }
  return (
    isAlone &&
    readItems(readPath(config, 'manifests', 'kpt')).length === 0 &&
    !isGiven('manifests', 'kustomize') &&
    !isGiven('manifests', 'helm') &&
    !isGiven('deploy', 'docker') &&
    !isGiven('deploy', 'cloudrun')
  )
}

function kustomizeOf(kustomize: Node | undefined, options: BuildOptions): KustomizeConfig | undefined {
  if (kustomize === undefined || isNull(kustomize)) return undefined
  const paths = rendered(valueOf(kustomize, 'paths'), options)
  return { paths: paths.length === 0 ? ['.'] : paths, buildArgs: readTexts(valueOf(kustomize, 'buildArgs')) ?? [] }
}

function rendered(list: Node | undefined, options: BuildOptions): readonly string[] {
  return readItems(list).map((item) => renderNode(item, options, true) ?? '')
}

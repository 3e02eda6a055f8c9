import { valueOf, type Node } from '../node.ts'
import { readBoolean, readText } from '../read.ts'
import { changeItems, givenAt, mapNode, removeMember, setMember, textNode } from './edit.ts'

/** `deploy.helm` as it renders and as it deploys: both have the releases, hooks stay with the deployer. */
export function splitHelm(helm: Node): { readonly render: Node; readonly deploy: Node } {
  const releases = givenAt(changeItems(helm, ['releases'], templatedRelease), 'releases')
  const flags = givenAt(helm, 'flags')
  return {
    render: mapNode({ flags, releases }, helm.at),
    deploy: mapNode({ releases, flags, hooks: givenAt(helm, 'hooks') }, helm.at),
  }
}

/** `artifactOverrides` and `imageStrategy` become value templates. */
function templatedRelease(release: Node): Node {
  const overrides = givenAt(release, 'artifactOverrides')
  const bare = removeMember(release, 'artifactOverrides', 'imageStrategy')
  if (overrides?.kind !== 'map') return bare
  const strategy = strategyOf(release)
  const templates = overrides.entries.flatMap((entry) =>
    imageTemplates(strategy, entry.key, readText(entry.value) ?? '').map(({ key, template }): [string, Node] => [
      key,
      textNode(template, entry.value.at),
    ]),
  )
  const known = givenAt(bare, 'setValueTemplates') ?? mapNode({}, overrides.at)
  return setMember(
    bare,
    'setValueTemplates',
    templates.reduce((map, [key, value]) => setMember(map, key, value), known),
  )
}

/** How a chart wants an image: in one value, or in parts. */
export type ImageStrategy = 'explicitRegistry' | 'fqn' | 'helm'

/** The strategy of a release. */
export function strategyOf(release: Node | undefined): ImageStrategy {
  const helm = valueOf(valueOf(release, 'imageStrategy'), 'helm')
  if (helm === undefined) return 'fqn'
  return readBoolean(valueOf(helm, 'explicitRegistry')) === true ? 'explicitRegistry' : 'helm'
}

/** The value templates that give a chart an image below `key`. */
export function imageTemplates(
  strategy: ImageStrategy,
  key: string,
  image: string,
): readonly { readonly key: string; readonly template: string }[] {
  const name = image.replaceAll(/[/\-.:]/g, '_')
  if (strategy === 'fqn') return [{ key, template: `{{.IMAGE_FULLY_QUALIFIED_${name}}}` }]
  const tag = { key: `${key}.tag`, template: `{{.IMAGE_TAG_${name}}}@{{.IMAGE_DIGEST_${name}}}` }
  if (strategy === 'helm') return [tag, { key: `${key}.repository`, template: `{{.IMAGE_REPO_${name}}}` }]
  return [
    tag,
    { key: `${key}.registry`, template: `{{.IMAGE_DOMAIN_${name}}}` },
    { key: `${key}.repository`, template: `{{.IMAGE_REPO_NO_DOMAIN_${name}}}` },
  ]
}

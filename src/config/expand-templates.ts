import { isToolError } from '../errors/index.ts'
import type { Node } from './node.ts'
import type { TemplateOutside } from './parse-config.ts'
import { renderTemplate } from './template/render-template.ts'
import { changeAt, changeItems } from './upgrade/edit.ts'

/** Expands the templates of the fields that Skaffold expands. One that lacks a key stays as it is: it is for later. */
export function withTemplates(root: Node, outside: TemplateOutside): Node {
  const expand = (node: Node): Node => expandAll(node, outside)
  const members = (node: Node, ...keys: readonly string[]): Node =>
    keys.reduce((result, key) => changeAt(result, [key], expand), node)
  const artifacts = changeItems(root, ['build', 'artifacts'], (artifact) => {
    const docker = changeAt(artifact, ['docker', 'buildArgs'], expand)
    return changeAt(docker, ['ko'], (ko) => members(ko, 'env', 'flags', 'labels', 'ldflags'))
  })
  const tagged = changeAt(artifacts, ['build', 'tagPolicy', 'envTemplate', 'template'], expand)
  const kustomized = changeAt(tagged, ['manifests', 'kustomize', 'paths'], expand)
  const namespaced = changeAt(kustomized, ['deploy', 'kubectl', 'defaultNamespace'], expand)
  const released = ['manifests', 'deploy'].reduce(
    (result, section) =>
      changeItems(result, [section, 'helm', 'releases'], (release) =>
        members(release, 'name', 'chartPath', 'valuesFiles', 'namespace', 'version', 'setValues', 'setValueTemplates'),
      ),
    namespaced,
  )
  return changeItems(released, ['portForward'], (forward) => members(forward, 'resourceName', 'namespace'))
}

function expandAll(node: Node, outside: TemplateOutside): Node {
  if (node.kind === 'list') return { ...node, items: node.items.map((item) => expandAll(item, outside)) }
  if (node.kind === 'map') {
    return { ...node, entries: node.entries.map((entry) => ({ ...entry, value: expandAll(entry.value, outside) })) }
  }
  if (!node.text.includes('{{')) return node
  try {
    return { ...node, text: renderTemplate(node.text, outside.env, { ...outside, strict: true }) }
  } catch (error) {
    if (isToolError(error, 'CONFIG_TEMPLATE_INVALID')) return node
    throw error
  }
}

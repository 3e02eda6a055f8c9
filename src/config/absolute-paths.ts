import { isAbsolute, join } from 'node:path'
import { type Node } from './node.ts'
import { readText } from './read.ts'
import { changeAt, changeItems } from './upgrade/edit.ts'

/** Makes the paths absolute that start from the configuration's folder. Templates and URLs stay as they are. */
export function withAbsolutePaths(root: Node, folder: string): Node {
  const absolute = (node: Node): Node => toAbsolute(node, folder)
  const list = (node: Node, ...path: readonly string[]): Node => changeItems(node, path, absolute)
  const hooked = (node: Node, ...path: readonly string[]): Node =>
    ['before', 'after'].reduce(
      (result, when) =>
        changeItems(result, [...path, 'hooks', when], (hook) =>
          changeAt(changeAt(hook, ['dir'], absolute), ['host', 'dir'], absolute),
        ),
      node,
    )
  const built = changeItems(hooked(root, 'build'), ['build', 'artifacts'], (artifact) =>
    hooked(hooked(changeAt(artifact, ['context'], absolute)), 'sync'),
  )
  const raw = list(built, 'manifests', 'rawYaml')
  const kustomized = list(raw, 'manifests', 'kustomize', 'paths')
  const kpt = list(kustomized, 'manifests', 'kpt')
  const helm = ['manifests', 'deploy'].reduce(
    (result, section) =>
      changeItems(result, [section, 'helm', 'releases'], (release) => {
        const charted = list(changeAt(release, ['chartPath'], absolute), 'valuesFiles')
        return changeAt(charted, ['setFiles'], (files) =>
          files.kind === 'map'
            ? { ...files, entries: files.entries.map((entry) => ({ ...entry, value: absolute(entry.value) })) }
            : files,
        )
      }),
    kpt,
  )
  const deployed = [['manifests'], ['deploy', 'kubectl'], ['deploy', 'helm'], ['deploy', 'cloudrun']].reduce(
    (result, path) => hooked(result, ...path),
    helm,
  )
  return changeItems(deployed, ['test'], (one) => list(changeAt(one, ['context'], absolute), 'structureTests'))
}

function toAbsolute(node: Node, folder: string): Node {
  const path = readText(node)
  if (node.kind !== 'scalar' || path === undefined || isAbsolute(path) || isElsewhere(path)) return node
  return { ...node, text: join(folder, path) }
}

function isElsewhere(path: string): boolean {
  return /^(?:[a-z][\w+.-]*:\/\/|\{\{)/i.test(path)
}

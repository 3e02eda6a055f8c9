// @ts-check
// What is mutated: the project's own examples, small texts of every kind, and Skaffold's examples where they lie beside the project.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { templates, texts } from './texts.mjs'

const root = resolve(import.meta.dirname, '../..')
const folders = [join(root, 'examples'), resolve(root, '../shared/corpus/skaffold')].filter(existsSync)
const files = folders.flatMap((folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('expected'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort(),
)

/** @param {RegExp} name @param {RegExp} [content] */
function textsOf(name, content = /(?:)/) {
  return files
    .filter((file) => name.test(basename(file)))
    .map((file) => readFileSync(file, 'utf8'))
    .filter((text) => text.length < 20_000 && content.test(text))
}

/** @type {Readonly<Record<string, readonly string[]>>} */
export const corpus = {
  'skaffold.yaml': [...textsOf(/^skaffold.*\.ya?ml$/), ...texts['skaffold.yaml']],
  manifest: [...textsOf(/\.ya?ml$/, /^kind: (?!Config)/m), ...texts.manifest],
  Dockerfile: [...textsOf(/^Dockerfile/), ...texts.Dockerfile],
  compose: texts.compose,
  init: [...texts.init, ...textsOf(/\.ya?ml$/, /^kind: (?!Config)/m)],
  kubeconfig: texts.kubeconfig,
  settings: texts.settings,
  template: templates,
}

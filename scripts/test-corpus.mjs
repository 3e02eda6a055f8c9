// @ts-check
// npm run test:corpus: holds what the CLI in dist prints against recorded runs of Skaffold, which lie beside the project.
// Prints N/N per kind and fails below N. Options of the comparison may follow: npm run test:corpus -- --only helm
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const corpus = resolve(root, '../shared/corpus/skaffold')
const compare = resolve(root, '../shared/tools/compare.mjs')
const cli = resolve(root, 'dist/cli/main.js')
const kinds = 'fix,diagnose,tags,tagger,render,render-none'

if (existsSync(corpus) && existsSync(compare)) {
  // helm, kubectl and kustomize: where the suites have them, else those of this machine
  const folders = [process.env['CATAMARAN_TEST_TOOLS'] ?? '', resolve(root, '.cache/tools/bin')].filter(existsSync)
  const path = folders.length === 0 ? [] : ['--path', folders.join(delimiter)]
  const options = ['--cli', `"${process.execPath}" "${cli}"`, '--kind', kinds, ...path, ...process.argv.slice(2)]
  const { status } = spawnSync(process.execPath, [compare, corpus, ...options], { cwd: root, stdio: 'inherit' })
  process.exitCode = status ?? 1
} else {
  console.log('test:corpus did not run: there are no recorded runs of Skaffold beside the project')
  process.exitCode = process.env['CATAMARAN_REQUIRE_TOOLS'] === '1' ? 1 : 0
}

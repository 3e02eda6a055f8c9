// @ts-check
// npm run bench:startup [rounds]: what the CLI costs before it does anything, and for a project of one Pod and one of 40
// modules, against Node doing nothing.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compare, printTable, time } from './measure.mjs'

const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const rounds = Number(process.argv[2] ?? 15)
const scratch = mkdtempSync(join(tmpdir(), 'catamaran-bench-startup-'))
const env = { ...process.env, HOME: scratch, KUBECONFIG: join(scratch, 'none') }
/** @param {readonly string[]} args @param {{name: string, folder: string}} [project] */
const cli = (args, project) => ({
  name: `catamaran ${args[0]}${
    project === undefined
      ? args
          .slice(1)
          .map((arg) => ` ${arg}`)
          .join('')
      : ` of ${project.name}`
  }`,
  run: () =>
    time([process.execPath, main, ...args], { env, ...(project === undefined ? {} : { cwd: project.folder }) }),
})
const pod = { name: 'a Pod', folder: writeProject('pod', []) }
const modules = {
  name: '40 modules',
  folder: writeProject(
    'modules',
    Array.from({ length: 40 }, (_, at) => `m${at}`),
  ),
}

printTable(
  compare(
    'startup',
    [
      { name: 'node -e 0', run: () => time([process.execPath, '-e', '0']) },
      cli(['version']),
      cli(['--help']),
      cli(['run', '--help']),
      cli(['completion', 'bash']),
      cli(['diagnose', '--yaml-only'], pod),
      cli(['render', '--digest-source=none'], pod),
      cli(['render', '--digest-source=none'], modules),
    ],
    rounds,
  ),
)
console.log(`\n${rounds} rounds in turn, Node ${process.version}; wall: median, CPU: least; × against node -e 0`)
rmSync(scratch, { recursive: true, force: true })

/** A Pod, and in each module another one. @param {string} name @param {readonly string[]} required */
function writeProject(name, required) {
  const folder = join(scratch, name)
  for (const part of ['.', ...required]) {
    mkdirSync(join(folder, part), { recursive: true })
    const pod = `app-${part === '.' ? 'main' : part}`
    writeFileSync(
      join(folder, part, 'pod.yaml'),
      `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${pod}\nspec:\n  containers:\n    - name: main\n      image: nginx:1.25\n`,
    )
    const requires = part === '.' && required.length > 0
    const lines = requires ? ['requires:', ...required.map((path) => `  - path: ./${path}`)] : []
    writeFileSync(
      join(folder, part, 'skaffold.yaml'),
      `apiVersion: skaffold/v4beta13\nkind: Config\nmetadata:\n  name: ${pod}\n${lines.map((line) => `${line}\n`).join('')}manifests:\n  rawYaml: [pod.yaml]\n`,
    )
  }
  return folder
}

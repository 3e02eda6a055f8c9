// @ts-check
// Compiles src to dist. dist is replaced as a whole, so what is packed is what is in src, a running CLI keeps its files until
// the new ones are complete, and two builds at once do not mix. When the source does not compile, dist stays as it was.
// The command line is bundled over its entry, a chunk for what is loaded together: it starts in half the time.
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const next = mkdtempSync('dist-next-')
const old = `${next}-old`
const compiler = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json', '--outDir', next]
const built = spawnSync(process.execPath, compiler, { stdio: 'inherit' })
if (built.status === 0) {
  await bundle()
  chmodSync(next, 0o755)
  chmodSync(`${next}/cli/main.js`, 0o755)
  moveAway()
  renameSync(next, 'dist')
} else {
  process.exitCode = built.status ?? 1
}
for (const folder of [next, old]) rmSync(folder, { recursive: true, force: true })

function moveAway() {
  try {
    renameSync('dist', old)
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error
  }
}

async function bundle() {
  const folder = `${next}/cli`
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
  // what every command that talks to somebody needs of them is in the bundle: found file by file it takes twice as long
  const bundledToo = ['undici', 'valibot']
  const external = Object.keys(dependencies).filter((name) => !bundledToo.includes(name))
  const bundled = await rolldown({
    input: `${folder}/main.js`,
    platform: 'node',
    external: [/^node:/, ...external.map((name) => new RegExp(`^${name}(?:/|$)`))],
    // rooms do nothing when they are loaded: a command takes of a table of contents what it uses
    treeshake: { moduleSideEffects: (id) => id.includes('node_modules/undici') || id.endsWith(`${folder}/main.js`) },
    plugins: [withoutHttp2()],
  })
  // beside the entry: what is found relative to a module is found from there
  await bundled.write({ dir: folder, format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'chunk-[hash].js' })
  await bundled.close()
  for (const name of bundledToo) {
    const license = readdirSync(`node_modules/${name}`).find((file) => file.startsWith('LICENSE')) ?? 'LICENSE'
    copyFileSync(`node_modules/${name}/${license}`, `${folder}/LICENSE-${name}`)
  }
}

/** It is not used, and its part of Node.js is slow to load. @returns {import('rolldown').Plugin} */
function withoutHttp2() {
  return {
    name: 'without-http2',
    load: (id) => (id.endsWith('undici/lib/dispatcher/client-h2.js') ? 'module.exports = undefined' : undefined),
  }
}

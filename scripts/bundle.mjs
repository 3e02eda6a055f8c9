// @ts-check
// Bundles the command line over its entry, a chunk for what is loaded together: it starts in half the time.
import { copyFileSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { rolldown } from 'rolldown'

/** What every command that talks to somebody needs: found file by file it takes twice as long. */
const bundledToo = ['js-yaml', 'undici', 'valibot']

/**
 * The occasions on which it counts how fast a command starts, each with the modules that are asked for then; what these
 * import is loaded along. To find, read and link a file costs more than some functions that are not called: without this,
 * what several commands share is in a hundred small chunks.
 */
const occasions = {
  start: ['cli/main.js'],
  project: ['cli/commands/diagnose.js', 'cli/env-file.js', 'cli/load-project.js', 'cli/reporters/plain.js'],
  render: ['cli/commands/render.js', 'cli/env-file.js', 'cli/load-project.js', 'kube/config/load-kubeconfig.js'],
  build: ['cli/commands/build.js', 'cli/env-file.js', 'cli/load-project.js', 'cli/reporters/plain.js'],
  builders: [
    'registry/create-registry.js',
    'build/builders/buildah/buildah-engine.js',
    'build/builders/docker/docker-engine.js',
    'build/builders/dockerfile/dockerfile-builder.js',
    'build/builders/native/native-builder.js',
    'build/built-images.js',
    'build/cache/artifact-records.js',
    'build/cache/cached-builder.js',
    'build/cache/layer-store.js',
    'build/limited.js',
    'transfer/publish.js',
    'workspace/file-digests.js',
  ],
  images: [
    'cli/commands/copy.js',
    'cli/commands/index-create.js',
    'cli/global-settings.js',
    'http/proxy.js',
    'registry/create-registry.js',
  ],
}

/** Writes the bundle beside the modules of `folder`, which is what the compiler has made. @param {string} folder */
export async function bundleCommandLine(folder) {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
  const external = Object.keys(dependencies).filter((name) => !bundledToo.includes(name))
  const main = resolve(folder, 'cli/main.js')
  const bundled = await rolldown({
    input: main,
    platform: 'node',
    preserveEntrySignatures: false,
    // who imports late what another imports early does not know it
    checks: { ineffectiveDynamicImport: false },
    external: [/^node:/, ...external.map((name) => new RegExp(`^${name}(?:/|$)`))],
    // rooms do nothing when they are loaded: a command takes of a table of contents what it uses
    treeshake: { moduleSideEffects: (id) => id.includes('node_modules/undici') || id === main },
    plugins: [withoutHttp2(), withoutTablesOfContents(resolve(folder))],
  })
  await bundled.write({
    // beside the entry: what is found relative to a module is found from there
    dir: join(folder, 'cli'),
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunk-[name]-[hash].js',
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
    codeSplitting: { groups: [chunksOf(resolve(folder))], includeDependenciesRecursively: false },
  })
  await bundled.close()
  for (const name of bundledToo) {
    const license = readdirSync(`node_modules/${name}`).find((file) => file.startsWith('LICENSE')) ?? 'LICENSE'
    copyFileSync(`node_modules/${name}/${license}`, join(folder, `cli/LICENSE-${name}`))
  }
}

/** It is not used, and its part of Node.js is slow to load. @returns {import('rolldown').Plugin} */
function withoutHttp2() {
  return {
    name: 'without-http2',
    load: (id) => (id.endsWith('undici/lib/dispatcher/client-h2.js') ? 'module.exports = undefined' : undefined),
  }
}

/**
 * Imports from the `index.js` of a room go to the module that has the name: who imports one thing does not load the others
 * that somebody else imports. @param {string} folder @returns {import('rolldown').Plugin}
 */
function withoutTablesOfContents(folder) {
  const staticImport = /import \{([^}]*)\} from '(\.[^']*\/index\.js)'/g
  const dynamicImport = /const \{([^}]*)\} = await import\('(\.[^']*\/index\.js)'\)/g
  return {
    name: 'without-tables-of-contents',
    transform(code, id) {
      if (!id.startsWith(folder)) return undefined
      const find = (/** @type {string} */ path) => resolve(dirname(id), path)
      const direct = code
        .replaceAll(staticImport, (_, list, path) => importLines('import', list, find(path)))
        .replaceAll(
          dynamicImport,
          (_, list, path) => `const {${list}} = await import('${find(path)}?${wordsOf(list)}')`,
        )
      return { code: direct, map: null }
    },
    resolveId: (source) => (source.includes('/index.js?') ? { id: source, moduleSideEffects: false } : undefined),
    load(id) {
      const [path = '', list] = id.split('?')
      return list === undefined || !path.startsWith(folder) ? undefined : importLines('export', list, path)
    },
  }
}

/** @param {'import' | 'export'} verb @param {string} list of names @param {string} index */
function importLines(verb, list, index) {
  return wordsOf(list)
    .split(',')
    .map((word) => {
      const [name = '', own = name] = word.split(/ as |: /)
      const found = placeOf(name, index)
      return `${verb} { ${found.name} as ${own} } from '${found.path}';`
    })
    .join(' ')
}

/** @param {string} list */
function wordsOf(list) {
  return list
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
    .join(',')
}

/** Where a name of a table of contents is. @param {string} name @param {string} index @returns {{name: string, path: string}} */
function placeOf(name, index) {
  for (const [, list = '', path = ''] of readFileSync(index, 'utf8').matchAll(/export \{([^}]*)\} from '([^']*)'/g)) {
    for (const word of wordsOf(list).split(',')) {
      const [own = '', exported = own] = word.split(' as ')
      if (exported !== name) continue
      const found = resolve(dirname(index), path)
      return found.endsWith('/index.js') ? placeOf(own, found) : { name: own, path: found }
    }
  }
  throw new Error(`${index} has no ${name}`)
}

/** @param {string} folder @returns {import('rolldown').CodeSplittingGroup} */
function chunksOf(folder) {
  /** @type {Map<string, string> | undefined} */
  let chunks
  return {
    debugName: 'occasions',
    name(id, context) {
      chunks ??= assign(folder, (of) => context.getModuleInfo(of))
      return chunks.get(id) ?? null
    },
  }
}

/**
 * The chunk of each module of {@link occasions}: it lies with those that are loaded on just the same ones. So no chunk loads
 * another in vain, and no two load each other.
 * @param {string} folder @param {(id: string) => import('rolldown').ModuleInfo | null} infoOf
 */
function assign(folder, infoOf) {
  /** @type {Map<string, string>} */
  const chunks = new Map()
  for (const [occasion, entries] of Object.entries(occasions)) {
    for (const id of importedFrom(
      entries.map((entry) => join(folder, entry)),
      infoOf,
    )) {
      const before = chunks.get(id)
      if (before !== 'start') chunks.set(id, before === undefined ? occasion : `${before}-${occasion}`)
    }
  }
  // the entry is no part of a chunk that it waits for
  chunks.delete(join(folder, 'cli/main.js'))
  return chunks
}

/** These modules and all that they import. @param {readonly string[]} entries @param {(id: string) => import('rolldown').ModuleInfo | null} infoOf */
function importedFrom(entries, infoOf) {
  const found = new Set(entries)
  // a set hands out what is put into it meanwhile
  for (const id of found) {
    const info = infoOf(id)
    if (info === null && entries.includes(id)) throw new Error(`nothing imports ${id}`)
    for (const imported of info?.importedIds ?? []) found.add(imported)
  }
  return found
}

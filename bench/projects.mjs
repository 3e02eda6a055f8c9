// @ts-check
// What is built: made of nothing but a seed, so that it is the same on every machine, and compresses about as code does.
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { scratch } from './builders.mjs'

/**
 * `small` and `big` are files of the smallest and of the biggest layer; `base` is written into the Dockerfile.
 * @typedef {import('./builders.mjs').Project & {what: string, small: string, big: string, dockerfile: (base: string) => string}} Input
 */

const blocks = makeBlocks()
let counter = 0

/** @returns {Input} */
export function staticSite() {
  const folder = start('site')
  for (let index = 0; index < 200; index += 1) put(folder, `public/page-${index}.html`, text(index, 8_000))
  put(folder, 'conf/server.conf', 'listen 80\n')
  return input({ what: 'static site, 200 files', folder, small: 'conf/server.conf', big: 'public/page-7.html' }, [
    'COPY public /srv/',
    'COPY conf /etc/server/',
  ])
}

/** @returns {Input} */
export function oneBinary() {
  const folder = start('binary')
  put(folder, 'server', bytes(1, 30 * 1024 * 1024))
  put(folder, 'conf/server.conf', 'listen 80\n')
  return input({ what: 'binary, 30 MB', folder, small: 'conf/server.conf', big: 'server' }, [
    'COPY server /server',
    'COPY conf /etc/server/',
  ])
}

/** @returns {Input} */
export function nodeModules() {
  const folder = start('node')
  for (let index = 0; index < 26_000; index += 1) {
    put(folder, `node_modules/package-${Math.floor(index / 50)}/file-${index % 50}.js`, text(index, 6450))
  }
  for (let index = 0; index < 100; index += 1) put(folder, `src/file-${index}.js`, `export default ${index}\n`)
  const copies = ['WORKDIR /app', 'COPY node_modules node_modules', 'COPY src src']
  return input(
    { what: 'node_modules, 26,000 files', folder, small: 'src/file-3.js', big: 'node_modules/package-77/file-3.js' },
    copies,
  )
}

/** @returns {Input} */
export function jarLayers() {
  const folder = start('jar')
  for (let index = 0; index < 60; index += 1) put(folder, `lib/library-${index}.jar`, bytes(index + 10, 600_000))
  for (let index = 0; index < 40; index += 1) put(folder, `resources/page-${index}.txt`, text(index, 20_000))
  for (let index = 0; index < 300; index += 1) put(folder, `classes/Type${index}.class`, text(index, 3_000))
  const copies = ['COPY lib /app/lib/', 'COPY resources /app/resources/', 'COPY classes /app/classes/']
  return input({ what: 'jar in three layers', folder, small: 'classes/Type3.class', big: 'lib/library-3.jar' }, copies)
}

/** @returns {Input} */
export function tenImages() {
  const folder = start('ten')
  const images = Array.from({ length: 10 }, (_, index) => `app-${index}`)
  for (const [at, image] of images.entries()) {
    for (let index = 0; index < 200; index += 1) {
      put(folder, `${image}/src/file-${index}.js`, text(at * 200 + index, 4_000))
    }
    put(folder, `${image}/conf/server.conf`, `listen ${at}\n`)
  }
  const artifacts = images.map((image) => `    - image: ${image}\n      context: ${image}\n`).join('')
  put(folder, 'skaffold.yaml', `apiVersion: skaffold/v4beta13\nkind: Config\nbuild:\n  artifacts:\n${artifacts}`)
  const lines = ['COPY src /app/src/', 'COPY conf /app/conf/']
  return {
    ...input(
      { what: '10 images × 2 platforms', folder, small: 'app-3/conf/server.conf', big: 'app-3/src/file-3.js' },
      lines,
    ),
    images,
  }
}

/** A base image with something else in it each time. @param {number} version @returns {import('./builders.mjs').Project} */
export function baseImage(version) {
  const folder = start(`base-${version}`)
  put(folder, 'etc/release', `${version}\n`)
  put(folder, 'usr/lib/library', bytes(1000, 4_000_000))
  put(folder, 'Dockerfile', 'FROM scratch\nCOPY etc /etc/\nCOPY usr /usr/\n')
  put(folder, 'skaffold.yaml', skaffold('base'))
  return { folder, images: ['base'] }
}

/** Starts from another base image. @param {Input} project @param {string} base */
export function setBase({ folder, images, dockerfile }, base) {
  const folders = images.length === 1 ? [folder] : images.map((image) => join(folder, image))
  for (const one of folders) put(one, 'Dockerfile', dockerfile(base))
}

/** @param {Input} project @param {string} file */
export function change({ folder }, file) {
  appendFileSync(join(folder, file), `// ${(counter += 1)}\n`)
}

/** @param {Omit<Input, 'dockerfile' | 'images'>} project @param {readonly string[]} copies @returns {Input} */
function input(project, copies) {
  const dockerfile = (/** @type {string} */ base) => [`FROM ${base}`, ...copies, 'CMD ["/app/run"]', ''].join('\n')
  return { ...project, images: ['app'], dockerfile }
}

/** @param {string} name */
export function start(name) {
  const folder = join(scratch, 'projects', name)
  put(folder, 'skaffold.yaml', skaffold('app'))
  return folder
}

/** @param {string} image */
function skaffold(image) {
  return `apiVersion: skaffold/v4beta13\nkind: Config\nbuild:\n  artifacts:\n    - image: ${image}\n`
}

/** @param {string} folder @param {string} file @param {string | Uint8Array} content */
export function put(folder, file, content) {
  const path = join(folder, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

/** Text of a length, the same for the same seed. @param {number} seed @param {number} length */
export function text(seed, length) {
  const random = randomNumbers(seed + 1)
  let made = `// ${seed}\n`
  while (made.length < length) made += blocks[random() % blocks.length]?.slice(0, random() % 4096)
  return made.slice(0, length)
}

/** As programs are: some of it compresses. @param {number} seed @param {number} length */
function bytes(seed, length) {
  const random = randomNumbers(seed + 1)
  const made = Buffer.alloc(length)
  for (let at = 0; at < length; at += 1) made[at] = at % 16 < 9 ? random() : at & 0x1f
  return made
}

function makeBlocks() {
  const random = randomNumbers(1)
  const list = 'const let function return import export default if else for while value index result error await'.split(
    ' ',
  )
  return Array.from({ length: 400 }, () => {
    let made = ''
    while (made.length < 4096) {
      made += `${list[random() % list.length]}${random() % 3 === 0 ? random().toString(36) : ''}${random() % 5 === 0 ? ';\n  ' : ' '}`
    }
    return made
  })
}

/** The same numbers for the same seed. @param {number} seed */
function randomNumbers(seed) {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 8
  }
}

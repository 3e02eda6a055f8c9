import { join, resolve } from 'node:path'
import { ToolError } from '../../errors/index.ts'
import { openLayout, type Layout } from '../../layout/index.ts'
import { formatReference, parseReference } from '../../reference/index.ts'
import { runForOutput } from '../../subprocess/index.ts'
import type { ImageStore } from '../contract.ts'
import { layoutStore } from '../layout-store.ts'
import type { FileLocation } from '../location.ts'
import type { OpenStore, StoreOutside } from '../open-store.ts'
import { convertDockerArchive } from './docker-archive.ts'
import { unpackArchive } from './unpack.ts'
import { writeDockerArchive, writeOciArchive } from './write-archive.ts'

/**
 * Opens an archive to read.
 * @throws FILE_UNREADABLE, LAYER_INVALID, LAYOUT_INVALID, IMAGE_INVALID
 */
export async function readArchive(location: FileLocation, outside: StoreOutside): Promise<OpenStore> {
  const folder = await outside.workFolder()
  const title = `${location.kind}:${location.path}`
  const store = await unpackedStore(resolve(outside.cwd, location.path), { folder, title }, outside.signal)
  return { store: location.kind === 'oci-archive' ? store : byDockersNames(store), finish: nothingToDo }
}

/** Gathers images for an archive, which takes the place of what is there when all are there. */
export async function createArchive(location: FileLocation, outside: StoreOutside): Promise<OpenStore> {
  const folder = join(await outside.workFolder(), 'layout')
  const layout = await openLayout(folder, { create: true })
  const target = resolve(outside.cwd, location.path)
  const write = location.kind === 'oci-archive' ? writeOciArchive : writeDockerArchive
  return {
    store: layoutStore(layout, `${location.kind}:${location.path}`),
    finish: async () => write(folder, target, outside.signal),
  }
}

/**
 * What docker's engine has under a name, saved to be read.
 * @throws PROGRAM_MISSING, PROGRAM_FAILED when there is no engine or no such image
 */
export async function readEngine(name: string, outside: StoreOutside): Promise<OpenStore> {
  const folder = await outside.workFolder()
  const file = join(folder, 'saved.tar')
  await docker(['image', 'save', '--output', file, name], outside)
  const place = { folder: join(folder, 'saved'), title: `docker-daemon:${name}` }
  const store = byDockersNames(await unpackedStore(file, place, outside.signal))
  return {
    store: { ...store, getManifest: async (asked, signal) => savedManifest(store, asked, signal) },
    finish: nothingToDo,
  }
}

/** Gathers images for docker's engine and loads them at the end. */
export async function createForEngine(name: string, outside: StoreOutside): Promise<OpenStore> {
  const folder = await outside.workFolder()
  const layout = await openLayout(join(folder, 'layout'), { create: true })
  return {
    store: layoutStore(layout, `docker-daemon:${name}`),
    async finish() {
      const file = join(folder, 'load.tar')
      await writeDockerArchive(join(folder, 'layout'), file, outside.signal)
      await docker(['image', 'load', '--quiet', '--input', file], outside)
    },
  }
}

interface Place {
  readonly folder: string
  readonly title: string
}

async function unpackedStore(path: string, { folder, title }: Place, signal?: AbortSignal): Promise<ImageStore> {
  const unpacked = await unpackArchive(path, join(folder, 'unpacked'), signal)
  const hasLayout = (await unpacked.find('index.json')) !== undefined
  const layout: Layout = hasLayout
    ? await openLayout(unpacked.folder)
    : await convertDockerArchive(unpacked, join(folder, 'layout'), signal)
  return layoutStore(layout, title)
}

/** Only what was asked for has been saved: its name may be kept in another spelling. */
async function savedManifest(
  store: ImageStore,
  asked: string | undefined,
  signal: AbortSignal | undefined,
): ReturnType<ImageStore['getManifest']> {
  const isDigest = asked !== undefined && /^sha(?:256|512):/.test(asked)
  return store.getManifest(isDigest ? asked : undefined, signal)
}

/** `app:1` and `docker.io/library/app:1` are one image; layouts of docker keep the tag alone as well. */
function byDockersNames(store: ImageStore): ImageStore {
  const spell = async (name: string | undefined): Promise<string | undefined> => {
    if (name === undefined || /^sha(?:256|512):/.test(name)) return name
    const names = await store.listTags()
    const same = names.find((one) => one === name || wholeName(one) === wholeName(name))
    return same ?? names.find((one) => one === tagOf(name)) ?? name
  }
  return {
    ...store,
    resolve: async (name, signal) => store.resolve((await spell(name)) ?? name, signal),
    getManifest: async (name, signal) => store.getManifest(await spell(name), signal),
  }
}

function wholeName(name: string): string | undefined {
  const reference = tryReference(name)
  return reference === undefined ? undefined : formatReference({ ...reference, tag: reference.tag ?? 'latest' })
}

function tagOf(name: string): string | undefined {
  const reference = tryReference(name)
  return reference === undefined ? undefined : (reference.tag ?? 'latest')
}

function tryReference(name: string): ReturnType<typeof parseReference> | undefined {
  try {
    return parseReference(name)
  } catch (error) {
    if (error instanceof ToolError && error.code === 'REFERENCE_INVALID') return undefined
    throw error
  }
}

async function docker(args: readonly string[], { runProcess, env, signal }: StoreOutside): Promise<void> {
  const options = signal === undefined ? {} : { signal }
  await runForOutput(runProcess, { command: 'docker', args, env, ...options })
}

async function nothingToDo(): Promise<void> {
  // it was only read
}

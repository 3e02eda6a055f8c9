import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Image } from '../../../image/index.ts'
import { formatPlatform } from '../../../platform/index.ts'
import { openStore } from '../../../transfer/index.ts'
import { argumentVariables } from '../dockerfile/build-arguments.ts'
import type { EngineJob } from '../dockerfile/engine.ts'
import { readArchiveImages } from '../dockerfile/read-archive.ts'
import { onlyImageFor } from '../dockerfile/read-export.ts'
import { runTool, type EngineOutside } from '../dockerfile/run-engine.ts'
import { classicArguments } from './docker-arguments.ts'

/** Builds with the engine's old builder. */
export async function buildInEngine(job: EngineJob, outside: EngineOutside): Promise<Image> {
  await pullCaches(job, outside)
  return takeFromEngine(job, outside, async (tag) => {
    const { image, platform, report, signal } = job
    // a client with buildx would use it, one without refuses to build unless it is told to use the old builder
    const env = { ...argumentVariables(job.docker.buildArgs), DOCKER_BUILDKIT: '0' }
    const args = classicArguments(job, tag)
    await runTool({ command: 'docker', args, env, report, signal, about: { image, platform } }, outside)
  })
}

/** Lets the image be made under a name that nobody else has, saves it from the engine and removes the name again. */
export async function takeFromEngine(
  job: EngineJob,
  outside: EngineOutside,
  make: (tag: string) => Promise<void>,
): Promise<Image> {
  const { folder, image, platform, signal } = job
  const tag = `catamaran.invalid/build:${randomUUID()}`
  const archive = join(folder, 'image.tar')
  for (const { reference, image: parent } of job.parents) await giveToEngine(parent, reference, { job, outside })
  try {
    await make(tag)
    await runTool(
      { command: 'docker', args: ['save', '--output', archive, tag], signal, about: { image, platform } },
      outside,
    )
  } finally {
    // not with the signal: the name has to go when the build was stopped, too
    await outside.runProcess({ command: 'docker', args: ['rmi', tag], env: outside.env, cwd: outside.cwd })
  }
  const images = await readArchiveImages(archive, folder, signal)
  await rm(archive, { force: true })
  return onlyImageFor(platform, images, 'docker')
}

/** What was not pushed is started from by its name in the engine. */
async function giveToEngine(
  image: Image,
  name: string,
  { job, outside }: { readonly job: EngineJob; readonly outside: EngineOutside },
): Promise<void> {
  const workFolder = async (): Promise<string> => mkdtemp(join(job.folder, 'parent-'))
  const registry = (): never => {
    throw new Error('an engine needs no registry')
  }
  const { signal } = job
  const open = await openStore({ kind: 'docker-daemon', name }, 'write', { ...outside, registry, workFolder, signal })
  const { rawConfig, rawManifest, manifest, descriptor, layers } = image
  for (const layer of layers) await open.store.pushBlob(layer, signal)
  await open.store.pushBlob({ descriptor: manifest.config, open: () => once(rawConfig) }, signal)
  await open.store.putManifest(name, { descriptor, bytes: rawManifest }, signal)
  await open.finish()
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes
}

/** The old builder takes only what is in the engine, so it is pulled, as Skaffold does. */
async function pullCaches(job: EngineJob, { runProcess, env, cwd }: EngineOutside): Promise<void> {
  for (const name of job.docker.cacheFrom ?? []) {
    const run = async (args: readonly string[]): Promise<number | undefined> =>
      (await runProcess({ command: 'docker', args, env, cwd, signal: job.signal })).status
    if ((await run(['image', 'inspect', '--format', '{{.Id}}', name])) === 0) continue
    const status = await run(['pull', '--quiet', '--platform', formatPlatform(job.platform), name])
    if (status !== 0) job.report(`cache-from ${name} was not found, so nothing is taken from it`)
  }
}

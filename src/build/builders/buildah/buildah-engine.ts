import { access, mkdir, readFile, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ToolError } from '../../../errors/index.ts'
import type { Image } from '../../../image/index.ts'
import { formatPlatform, onlyStrict, uniquePlatforms, type Platform } from '../../../platform/index.ts'
import { argumentVariables } from '../dockerfile/build-arguments.ts'
import { readEmulated } from '../dockerfile/emulators.ts'
import type { Engine, EngineJob, EngineState } from '../dockerfile/engine.ts'
import { probeOnce } from '../dockerfile/probe-once.ts'
import { onlyImageFor, readDirImage } from '../dockerfile/read-export.ts'
import { reasonIn, runTool, type EngineCall, type EngineOutside } from '../dockerfile/run-engine.ts'
import { buildahArguments } from './buildah-arguments.ts'

/** What these engines are made of. */
export interface LocalEngineParts extends EngineOutside {
  readonly name: 'buildah' | 'podman'
  /** This machine as containers see it. */
  readonly host: Platform
  /** Where build caches are kept, as for Docker; only those in a registry count. */
  readonly cacheTo?: readonly string[]
}

/** buildah, or podman, which builds with buildah's code: on this machine and without a daemon. */
export function createBuildahEngine(parts: LocalEngineParts): Engine {
  return {
    name: parts.name,
    probe: probeOnce(async (signal) => probeEngine(parts, signal)),
    async build(job) {
      sayVerified(job, parts)
      await takeParents(job, parts)
      const image = await build(job, parts)
      if (job.docker.noCache === true || onlyStrict(job.platform).matches(image.platform)) {
        return onlyImageFor(job.platform, [image], parts.name)
      }
      // its cache does not look at the platform of what it finds
      job.report(`${parts.name} took an image for ${formatPlatform(image.platform)} from its cache: building anew`)
      const fresh = { ...job, docker: { ...job.docker, noCache: true } }
      return onlyImageFor(job.platform, [await build(fresh, parts)], parts.name)
    },
  }
}

function sayVerified({ insecureRegistries, hasOtherRegistries, report }: EngineJob, { name }: LocalEngineParts): void {
  if (hasOtherRegistries !== true || insecureRegistries.length === 0) return
  const hosts = insecureRegistries.join(', ')
  report(`${name} takes all certificates or checks all: for ${hosts} write insecure = true into its registries.conf`)
}

async function build(job: EngineJob, parts: LocalEngineParts): Promise<Image> {
  const idFile = join(job.folder, 'id')
  const call = callOf(job, parts)
  const { name, host, cacheTo = [] } = parts
  const env = { ...argumentVariables(job.docker.buildArgs), ...(await authFile(parts)) }
  await runTool({ ...call, env, args: buildahArguments(job, { name, host, idFile, cacheTo }) }, parts)
  const id = (await readFile(idFile, 'utf8')).trim()
  const folder = join(job.folder, 'dir')
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder)
  await runTool({ ...call, args: ['push', '--quiet', '--format', 'v2s2', id, `dir:${folder}`] }, parts)
  return readDirImage(folder)
}

/** Older versions look for Docker's logins in the home folder only. */
async function authFile({ env }: LocalEngineParts): Promise<Readonly<Record<string, string>>> {
  const folder = env['DOCKER_CONFIG'] ?? ''
  if (folder === '' || (env['REGISTRY_AUTH_FILE'] ?? '') !== '') return {}
  const file = join(folder, 'config.json')
  const isThere = await access(file).then(
    () => true,
    () => false,
  )
  return isThere ? { REGISTRY_AUTH_FILE: file } : {}
}

async function takeParents(job: EngineJob, parts: LocalEngineParts): Promise<void> {
  const call = callOf(job, parts)
  for (const { reference, folder } of job.parents) {
    const pull = { ...call, args: ['pull', '--quiet', `oci:${basename(folder)}:image`] }
    const pulled = await runTool(pull, { ...parts, cwd: dirname(folder) })
    await runTool({ ...call, args: ['tag', pulled.stdout.trim(), reference] }, parts)
  }
}

function callOf(job: EngineJob, { name }: LocalEngineParts): Omit<EngineCall, 'args'> {
  const report = (line: string): void => {
    if (!isAboutOwnArguments(line)) job.report(line)
  }
  return { command: name, signal: job.signal, report, about: { image: job.image, platform: job.platform } }
}

async function probeEngine(
  { name, host, runProcess, env, cwd }: LocalEngineParts,
  signal: AbortSignal,
): Promise<EngineState> {
  const hint = `install ${name} with the package manager of your system`
  try {
    const outcome = await runProcess({ command: name, args: ['--version'], env, cwd, signal })
    if (outcome.status !== 0) return { isThere: false, why: `${name} does not run: ${reasonIn(outcome.stderr)}`, hint }
    const version = /\d+\.\d+(?:\.\d+)?/.exec(outcome.stdout)?.[0] ?? ''
    return {
      isThere: true,
      title: `${name} ${version}`.trim(),
      platforms: uniquePlatforms([host, ...(await readEmulated())]),
      lacks: [],
    }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof ToolError) || error.code !== 'PROGRAM_MISSING') throw error
    return { isThere: false, why: `${name} is not installed`, hint }
  }
}

/** buildah misses the automatic arguments where a Dockerfile has no use for them. */
function isAboutOwnArguments(line: string): boolean {
  const [, names] = /^\[Warning\] one or more build args were not consumed: \[(.*)\]$/.exec(line) ?? []
  return names?.split(' ').every((name) => /^(?:BUILD|TARGET)(?:PLATFORM|OS|ARCH|VARIANT)$/.test(name)) === true
}

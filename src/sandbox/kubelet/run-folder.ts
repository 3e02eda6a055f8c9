import { chmodSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import type { Container, Pod } from '../kinds.ts'
import { hostnameOf } from './env.ts'
import { runFolders, type BindMount } from './isolation.ts'
import { mirrorFolder, resolveInRoot } from './root-path.ts'

export interface RunFolderSpec {
  /** The unpacked image. */
  readonly lower: string
  /** Of this run. */
  readonly folder: string
  readonly container: Container
  readonly pod: Pod
  readonly podIp: string
  readonly workingDir: string
  /** Folders of the pod's volumes by name. */
  readonly volumes: ReadonlyMap<string, string>
  readonly terminationLog: string
}

/**
 * Lays out what a run adds to its image: the folders that are mounted over, the working folder, and the files in `/etc`
 * that are the pod's. Gives the mounts.
 */
export function layOutRun(spec: RunFolderSpec): readonly BindMount[] {
  const upper = join(spec.folder, runFolders.upper)
  mkdirSync(upper, { recursive: true })
  const { mode } = statSync(spec.lower)
  chmodSync(upper, mode & 0o7777)
  const sides = { lower: spec.lower, upper }
  for (const path of ['/proc', '/dev']) mirrorFolder(sides, path)
  const workingDir = resolveInRoot(spec.lower, spec.workingDir)
  if (workingDir !== undefined) mirrorFolder(sides, workingDir)
  writeEtc(spec, sides)
  writeFileSync(spec.terminationLog, '', { mode: 0o666 })
  return [
    ...volumeMounts(spec, sides),
    { source: spec.terminationLog, target: '/dev/termination-log', readOnly: false },
  ]
}

interface Sides {
  readonly lower: string
  readonly upper: string
}

function writeEtc({ lower, pod, podIp }: RunFolderSpec, sides: Sides): void {
  const etc = resolveInRoot(lower, '/etc')
  if (etc === undefined) return
  mirrorFolder(sides, etc)
  const hostname = hostnameOf(pod)
  const namespace = pod.metadata.namespace ?? 'default'
  const { subdomain } = pod.spec
  const names =
    subdomain === undefined || subdomain === '' ? [] : [`${hostname}.${subdomain}.${namespace}.svc.cluster.local`]
  const files: Readonly<Record<string, string>> = {
    hostname: `${hostname}\n`,
    hosts: `127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n${[podIp, ...names, hostname].join('\t')}\n`,
    'resolv.conf': `search ${namespace}.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n`,
  }
  for (const [name, content] of Object.entries(files)) writeFileSync(join(sides.upper, etc, name), content)
}

function volumeMounts({ lower, container, volumes }: RunFolderSpec, sides: Sides): readonly BindMount[] {
  const mounts: BindMount[] = []
  const wanted = [...(container.volumeMounts ?? [])].sort((one, other) => (one.mountPath < other.mountPath ? -1 : 1))
  for (const { name, mountPath, subPath = '', readOnly = false } of wanted) {
    const folder = volumes.get(name)
    const target = resolveInRoot(lower, mountPath)
    if (folder === undefined || target === undefined) continue
    const source = join(folder, posix.join('/', subPath))
    if (!existsSync(source)) mkdirSync(source, { recursive: true })
    const outer = mounts.findLast((mount) => target.startsWith(`${mount.target}/`))
    const place =
      outer === undefined ? join(sides.upper, target) : join(outer.source, target.slice(outer.target.length))
    if (outer === undefined) mirrorFolder(sides, dirname(target))
    makePlace(place, statSync(source).isDirectory())
    mounts.push({ source, target, readOnly })
  }
  return mounts
}

/** Something to mount over: a folder for a folder, a file for a file. */
function makePlace(place: string, isFolder: boolean): void {
  if (existsSync(place)) return
  if (isFolder) {
    mkdirSync(place, { recursive: true })
    return
  }
  mkdirSync(dirname(place), { recursive: true })
  writeFileSync(place, '')
}

/** Takes a run's folder away. The kernel leaves a folder without permissions in an overlay's work folder. */
export function removeRun(folder: string): void {
  const locked = join(folder, runFolders.work, 'work')
  if (existsSync(locked)) chmodSync(locked, 0o700)
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
}

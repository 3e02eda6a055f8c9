import { chmodSync, chownSync, lstatSync, mkdirSync, readlinkSync, statSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'

const maxLinks = 40

/**
 * Where an absolute path of a container leads, with symbolic links followed inside `root` and never out of it. The last
 * parts may be missing. Undefined for too many links.
 */
export function resolveInRoot(root: string, path: string): string | undefined {
  let resolved = '/'
  let pending = path.split('/')
  for (let links = 0; pending.length > 0;) {
    const [part = '', ...rest] = pending
    pending = rest
    const next = posix.resolve(resolved, part)
    const target = readLink(join(root, next))
    if (target === undefined) {
      resolved = next
      continue
    }
    links += 1
    if (links > maxLinks) return undefined
    if (target.startsWith('/')) resolved = '/'
    pending = [...target.split('/'), ...pending]
  }
  return resolved
}

function readLink(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true ? readlinkSync(path) : undefined
}

/**
 * Makes a folder of `lower` in `upper` too, with its parents and their modes, as an overlay needs it before something is
 * put into it. `path` is resolved.
 */
export function mirrorFolder({ lower, upper }: { lower: string; upper: string }, path: string): void {
  if (path === '/') return
  const target = join(upper, path)
  if (statSync(target, { throwIfNoEntry: false })?.isDirectory() === true) return
  mirrorFolder({ lower, upper }, dirname(path))
  mkdirSync(target)
  const below = lstatSync(join(lower, path), { throwIfNoEntry: false })
  if (below?.isDirectory() !== true) return
  const made = statSync(target)
  if (made.uid !== below.uid || made.gid !== below.gid) chownSync(target, below.uid, below.gid)
  chmodSync(target, below.mode & 0o7777)
}

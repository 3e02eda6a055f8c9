import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { hostArchitecture } from './host.ts'
import { pushImages } from './push-image.ts'

/** Pushes an image with programs of this machine and the libraries that they need; false where there is no `ldd`. */
export async function pushProgramsOfHost(
  name: string,
  programs: readonly string[],
  options: { readonly entrypoint?: readonly string[]; readonly files?: Readonly<Record<string, Uint8Array>> } = {},
): Promise<boolean> {
  const paths = new Set<string>()
  for (const program of programs) {
    const { stdout, status } = spawnSync('ldd', [program], { encoding: 'utf8' })
    if (status !== 0) return false
    paths.add(program)
    for (const [, path = ''] of stdout.matchAll(/(\/\S+) \(0x/g)) paths.add(path)
  }
  const files = Object.fromEntries([...paths].map((path) => [path.slice(1), readFileSync(path)]))
  const entrypoint = options.entrypoint ?? ['/bin/sh', '-c']
  await pushImages(name, [{ architecture: hostArchitecture, entrypoint, files: { ...files, ...options.files } }])
  return true
}

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

/** The package as npm would publish it. */
export interface PackedPackage {
  readonly tarball: string
  /** Paths inside the package, sorted. */
  readonly files: readonly string[]
  readonly manifest: PackageManifest
}

/** What tests read of package.json. */
export interface PackageManifest {
  readonly version: string
  readonly exports: Readonly<Record<string, string>>
}

/** Packs dist as it is: nothing is compiled or fetched. */
export function packPackage(folder: string): PackedPackage {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const said = execFileSync(npm, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const [packed] = JSON.parse(said) as [
    { readonly filename: string; readonly files: readonly { readonly path: string }[] },
  ]
  return {
    tarball: join(folder, packed.filename),
    files: packed.files.map(({ path }) => path).sort(),
    manifest: JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as PackageManifest,
  }
}

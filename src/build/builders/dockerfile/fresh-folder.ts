import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf } from '../../../image/index.ts'

/**
 * An empty folder for one purpose, named by the words of `about`. What the same purpose left there before is removed: builds
 * of one artifact do not overlap, and their images are pushed before the next begins.
 */
export async function freshFolder(workFolder: string, about: readonly string[]): Promise<string> {
  const folder = join(workFolder, `made-${digestOf(Buffer.from(JSON.stringify(about))).slice(7, 23)}`)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  return folder
}

import { mkdir, open, rm } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { join } from 'node:path'

/** A copy that is under way. */
export interface BegunCopy {
  /** Whether an earlier one to the same place was begun and did not end: some of its content may be there. */
  readonly isResumed: boolean
  /** It is whole: the next one to the same place is a new one. */
  finish(): Promise<void>
}

/**
 * Notes in a folder, with an empty file, that a copy to a place was begun. Where that cannot be written down it is a new one
 * each time.
 * @param place - as people write it, without a tag
 */
export async function beginCopy(folder: string, place: string): Promise<BegunCopy> {
  const path = join(folder, createHash('sha256').update(place).digest('hex'))
  const before = await note(folder, path)
  return {
    isResumed: before === 'noted',
    async finish() {
      if (before !== 'unwritable') await rm(path, { force: true })
    },
  }
}

async function note(folder: string, path: string): Promise<'new' | 'noted' | 'unwritable'> {
  const made = await refusalOf(mkdir(folder, { recursive: true }))
  if (made !== undefined) return 'unwritable'
  const refusal = await refusalOf(open(path, 'wx').then(async (file) => file.close()))
  if (refusal === undefined) return 'new'
  return refusal === 'EEXIST' ? 'noted' : 'unwritable'
}

const refusals = ['EACCES', 'EDQUOT', 'EEXIST', 'ENOSPC', 'ENOTDIR', 'EPERM', 'EROFS'] as const

/** Why a file or folder cannot be made; undefined when it is. */
async function refusalOf(making: Promise<unknown>): Promise<string | undefined> {
  try {
    await making
    return undefined
  } catch (error) {
    const refusal = refusals.find((code) => error instanceof Error && 'code' in error && error.code === code)
    if (refusal === undefined) throw error
    return refusal
  }
}

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { putKubeconfig } from './kubeconfig-file.ts'

const kubeconfig = (token: string): string => `current-context: catamaran-sandbox\ntoken: ${token}\n`
let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'))
  path = join(folder, 'config')
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

describe('a kubeconfig', () => {
  test.each([
    ['a new file', undefined],
    ['an empty file', ''],
    ["an earlier sandbox's", kubeconfig('old')],
  ])('goes into %s and is taken away again', async (_, old) => {
    if (old !== undefined) writeFileSync(path, old)
    const remove = await putKubeconfig(path, kubeconfig('new'))
    expect(readFileSync(path, 'utf8')).toBe(kubeconfig('new'))
    await remove()
    expect(existsSync(path)).toBe(false)
  })

  test("leaves the user's own alone", async () => {
    writeFileSync(path, 'current-context: production\n')
    await expect(putKubeconfig(path, kubeconfig('new'))).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' })
    expect(readFileSync(path, 'utf8')).toBe('current-context: production\n')
  })

  test('that another sandbox wrote in its place stays', async () => {
    const remove = await putKubeconfig(path, kubeconfig('first'))
    const removeSecond = await putKubeconfig(path, kubeconfig('second'))
    await remove()
    expect(readFileSync(path, 'utf8')).toBe(kubeconfig('second'))
    await removeSecond()
    expect(existsSync(path)).toBe(false)
  })

  test('without a folder to go to is an error', async () => {
    await expect(putKubeconfig(join(folder, 'no', 'config'), 'x')).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' })
  })
})

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkContexts } from './check-contexts.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'contexts-'))
  await mkdir(join(folder, 'there'))
  await writeFile(join(folder, 'file'), '')
})

afterAll(async () => {
  await rm(folder, { recursive: true })
})

const check = (...contexts: readonly string[]): Promise<void> =>
  checkContexts(
    contexts.map((context) => ({ artifact: { image: 'app', context }, contextFolder: join(folder, context) })),
  )

test('folders are contexts', async () => {
  await expect(check('there', '.')).resolves.toBeUndefined()
})

test.each(['nowhere', 'file', 'file/below'])('%s is none', async (context) => {
  await expect(check('there', context)).rejects.toMatchObject({
    code: 'WORKSPACE_MISSING',
    message: `the context "${context}" of app is no folder`,
    hint: expect.stringContaining(join(folder, context)),
  })
})

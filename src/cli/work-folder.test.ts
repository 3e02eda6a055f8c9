import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createClosing } from './closing.ts'
import { makeWorkFolder } from './work-folder.ts'

let parent: string
const before = process.env['TMPDIR']

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'work-folders-'))
  process.env['TMPDIR'] = parent
})

afterEach(async () => {
  if (before === undefined) delete process.env['TMPDIR']
  else process.env['TMPDIR'] = before
  await rm(parent, { recursive: true })
})

/** The number of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', ''])
  await new Promise((resolve) => child.on('close', resolve))
  return child.pid ?? 0
}

test('it is gone at the end', async () => {
  const closing = createClosing()
  const folder = await makeWorkFolder(closing)
  expect(dirname(folder)).toBe(parent)
  expect(basename(folder)).toMatch(new RegExp(`^catamaran-\\w{6}-${process.pid}-\\w{6}$`))
  await closing.close()
  expect(existsSync(folder)).toBe(false)
})

test('folders of commands that were killed are removed, and no others', async () => {
  const first = createClosing()
  const here = basename(await makeWorkFolder(first)).replace(/\d+-\w{6}$/, '')
  await first.close()
  const dead = await deadPid()
  const names = {
    killed: `${here}${dead}-abc123`,
    running: `${here}${process.pid}-abc123`,
    elsewhere: `catamaran-000000-${dead}-abc123`,
    other: 'catamaran-e2e-abc123',
    foreign: 'another-99999-abc123',
  }
  for (const name of Object.values(names)) {
    await mkdir(join(parent, name, 'layer'), { recursive: true })
    await writeFile(join(parent, name, 'layer/file'), 'x')
  }
  const closing = createClosing()
  await makeWorkFolder(closing)
  const left = Object.entries(names).filter(([, name]) => existsSync(join(parent, name)))
  expect(left.map(([what]) => what)).toEqual(['running', 'elsewhere', 'other', 'foreign'])
  await closing.close()
})

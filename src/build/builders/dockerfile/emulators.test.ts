import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { architectureOf } from './binfmt-handler.ts'
import { readEmulated } from './emulators.ts'

const aarch64 = '7f454c460201010000000000000000000200b700'
const handler = (magic: string, flags = 'POF', state = 'enabled'): string =>
  `${state}\ninterpreter /usr/bin/qemu\nflags: ${flags}\noffset 0\nmagic ${magic}\nmask ffffffffffffff00fffffffffffffffffeffffff\n`

test.each([
  ['arm64', handler(aarch64), 'arm64'],
  ['32-bit arm', handler('7f454c4601010100000000000000000002002800'), 'arm'],
  ['big-endian s390x', handler('7f454c4602020100000000000000000000020016'), 's390x'],
  ['riscv64', handler('7f454c460201010000000000000000000200f300'), 'riscv64'],
  ['a handler that is turned off', handler(aarch64, 'POF', 'disabled'), undefined],
  ['an interpreter that containers do not have', handler(aarch64, 'PO'), undefined],
  ['a script by its extension', 'enabled\ninterpreter /usr/bin/wine\nflags: F\nextension .exe\n', undefined],
  ['something that is no ELF', handler('cafebabe'), undefined],
  ['nothing', '', undefined],
])('%s', (_, text, expected) => {
  expect(architectureOf(text)).toBe(expected)
})

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

async function binfmt(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'binfmt-'))
  folders.push(folder)
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return folder
}

test('all handlers are read', async () => {
  const folder = await binfmt({
    status: 'enabled\n',
    register: '',
    'qemu-aarch64': handler(aarch64),
    other: 'enabled\n',
  })
  expect(await readEmulated(folder)).toEqual([{ os: 'linux', architecture: 'arm64' }])
})

test('none counts when the kernel has them turned off, or does not know them', async () => {
  expect(await readEmulated(await binfmt({ status: 'disabled\n', 'qemu-aarch64': handler(aarch64) }))).toEqual([])
  expect(await readEmulated(join(tmpdir(), 'no-such-binfmt-folder'))).toEqual([])
})

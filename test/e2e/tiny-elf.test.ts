import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hostArchitecture } from '../support/host.ts'
import { tinyElf, type TinyArchitecture, type TinyProgram } from '../support/tiny-elf.ts'

/** The stand-ins for applications do what their description says, on a real kernel. */

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'catamaran-elf-'))
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

const isLinux = process.platform === 'linux' && ['amd64', 'arm64'].includes(hostArchitecture)
const architecture = hostArchitecture as TinyArchitecture

describe.skipIf(!isLinux)('a tiny program on its own architecture (Linux)', () => {
  test('prints its line and ends with its status', async () => {
    const { stdout, code } = await start({ architecture, message: 'Hello world!', afterwards: { exit: 3 } }).ended
    expect({ stdout, code }).toEqual({ stdout: 'Hello world!\n', code: 3 })
  })

  test('prints its line and waits until SIGTERM, which ends it with 0', async () => {
    const program = start({ architecture, message: 'waiting', afterwards: 'sleep' })
    await program.said
    program.child.kill('SIGTERM')
    expect(await program.ended).toEqual({ stdout: 'waiting\n', code: 0 })
  })
})

function start(program: TinyProgram) {
  const file = join(folder, `${program.architecture}-${String(program.message)}`)
  writeFileSync(file, tinyElf(program), { mode: 0o755 })
  const child = spawn(file)
  let stdout = ''
  const said = new Promise<void>((settle) => {
    child.stdout.on('data', (data: Buffer) => {
      stdout += data.toString()
      settle()
    })
  })
  const ended = new Promise<{ stdout: string; code: number | null }>((settle, reject) => {
    child.on('error', reject)
    child.on('close', (code) => settle({ stdout, code }))
  })
  return { child, said, ended }
}

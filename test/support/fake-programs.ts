import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** One call of a stand-in program. */
export interface ProgramCall {
  readonly name: string
  readonly args: readonly string[]
  readonly cwd: string
}

/** Programs that stand in for tools that are not on every machine. */
export interface FakePrograms {
  /** With a PATH that has these programs and nothing else. */
  readonly env: Readonly<Record<string, string>>
  readonly folder: string
  calls(): Promise<readonly ProgramCall[]>
  close(): Promise<void>
}

/** Makes programs; each is the body of a script that finds its arguments in `args`, and `fs` and `path`. */
export async function fakePrograms(bodies: Readonly<Record<string, string>>): Promise<FakePrograms> {
  const folder = await mkdtemp(join(tmpdir(), 'programs-'))
  const log = join(folder, 'calls.log')
  for (const [name, body] of Object.entries(bodies)) {
    const path = join(folder, name)
    await writeFile(path, script(name, log, body))
    await chmod(path, 0o755)
  }
  return {
    folder,
    env: { PATH: folder },
    async calls() {
      const lines = await readFile(log, 'utf8').catch(() => '')
      return lines
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as ProgramCall)
    },
    close: async () => rm(folder, { recursive: true, force: true }),
  }
}

function script(name: string, log: string, body: string): string {
  return `#!${process.execPath}
const fs = process.getBuiltinModule('node:fs'), path = process.getBuiltinModule('node:path'), args = process.argv.slice(2)
fs.appendFileSync(${JSON.stringify(log)}, JSON.stringify({ name: ${JSON.stringify(name)}, args, cwd: process.cwd() }) + '\\n')
${body}
`
}

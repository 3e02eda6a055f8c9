import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { runForOutput, runProcess, runShell, spawnProcess } from './index.ts'

const node = process.execPath
const env = { PATH: process.env['PATH'] }
const script = (code: string): { command: string; args: string[]; env: typeof env } => ({
  command: node,
  args: ['-e', code],
  env,
})

test('output, status and input', async () => {
  const outcome = await runProcess({
    ...script('process.stdin.on("data", (d) => process.stdout.write(d)); console.error("err"); process.exitCode = 3'),
    input: 'hello',
  })
  expect(outcome).toMatchObject({ status: 3, stdout: 'hello', stderr: 'err\n' })
})

test('lines come as they are printed, also across chunks and without a last newline', async () => {
  const lines: string[] = []
  await runProcess({
    ...script('process.stdout.write("a\\nb"); setTimeout(() => process.stdout.write("c\\nd"), 20)'),
    onLine: (line) => lines.push(line),
  })
  expect(lines).toEqual(['a', 'bc', 'd'])
})

test('nothing of the environment is inherited', async () => {
  const { stdout } = await runProcess({ ...script('console.log(Object.keys(process.env).join())'), env: { ONLY: '1' } })
  expect(stdout.trim().split(',')).toContain('ONLY')
  expect(stdout).not.toContain('HOME')
})

test.each([['/no/such/folder'], [process.execPath]])(
  'a missing folder is not taken for a missing program: %s',
  async (cwd) => {
    await expect(runProcess({ ...script(''), cwd })).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: `cannot start "${node}" in ${cwd}: there is no such folder`,
    })
  },
)

test('a missing program names itself', async () => {
  await expect(runProcess({ command: 'no-such-program-here', args: [], env })).rejects.toMatchObject({
    code: 'PROGRAM_MISSING',
  })
})

test('a failing program’s last lines are in the error', async () => {
  await expect(runForOutput(runProcess, script('console.error("why"); process.exit(2)'))).rejects.toThrow(
    /exited with 2: why/,
  )
})

test('a shell line is a shell line', async () => {
  const { stdout } = await runShell('echo "$WORD" | tr a-z A-Z', { env: { ...env, WORD: 'loud' } })
  expect(stdout).toBe('LOUD\n')
})

test('aborting ends the whole tree, also one that ignores SIGTERM', async () => {
  const controller = new AbortController()
  const child = await spawnProcess({
    command: 'sh',
    args: ['-c', 'trap "" TERM; sleep 60 & echo $!; wait; sleep 60'],
    env,
    signal: controller.signal,
    graceMs: 50,
  })
  const first = await child.stdout[Symbol.asyncIterator]().next()
  controller.abort()
  await child.exited
  await expect.poll(() => isRunning(Number(Buffer.from(first.value as Uint8Array).toString()))).toBe(false)
})

/** A killed orphan may stay a zombie for a while where nobody reaps it. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}

test('a file is standard input, and one that is not there is told', async () => {
  const echo = 'process.stdin.pipe(process.stdout)'
  const { stdout } = await runProcess({ ...script(echo), inputFile: import.meta.filename })
  expect(stdout).toBe(readFileSync(import.meta.filename, 'utf8'))
  await expect(runProcess({ ...script(echo), inputFile: '/no/such/file' })).rejects.toMatchObject({ code: 'ENOENT' })
})

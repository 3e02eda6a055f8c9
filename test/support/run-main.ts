import { PassThrough } from 'node:stream'
import { main } from '../../src/cli/run-main.ts'

/** How one command line ended, run in this process. */
export interface MainOutcome {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command line as `main.ts` does, without a terminal; nothing of the environment is passed on but `PATH`. */
export async function runMain(
  argv: readonly string[],
  { cwd, env = {} }: { readonly cwd: string; readonly env?: Readonly<Record<string, string | undefined>> },
): Promise<MainOutcome> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const [printed, said] = [gather(stdout), gather(stderr)]
  const status = await main({
    argv,
    env: { PATH: process.env['PATH'], ...env },
    cwd,
    stdout,
    stderr,
    onSignal() {},
    onCrash() {},
    quit() {},
  })
  return { status, stdout: printed(), stderr: said() }
}

function gather(stream: PassThrough): () => string {
  const chunks: Uint8Array[] = []
  stream.on('data', (chunk: Uint8Array) => chunks.push(chunk))
  return () => Buffer.concat(chunks).toString('utf8')
}

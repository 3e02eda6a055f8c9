import { ToolError } from '../errors/index.ts'
import type { TesterOutside, TestRequest } from './contract.ts'

/** A program whose exit status is the verdict. */
export interface TestProgram {
  /** What is said before it starts. */
  readonly what: string
  /** How messages call it. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly timeoutSeconds?: number
}

/**
 * Runs it and passes its output on.
 * @throws TEST_FAILED, PROGRAM_MISSING; the signal's reason
 */
export async function runTestProgram(
  { runProcess }: Pick<TesterOutside, 'runProcess'>,
  { testCase, emit, signal }: TestRequest,
  program: TestProgram,
): Promise<void> {
  const { image } = testCase
  const { what, name, timeoutSeconds, ...spec } = program
  emit({ type: 'testStarted', image, what })
  const deadline = timeoutSeconds === undefined ? undefined : AbortSignal.timeout(timeoutSeconds * 1000)
  const failure = await verdict(
    async () => {
      const outcome = await runProcess({
        ...spec,
        signal: deadline === undefined ? signal : AbortSignal.any([signal, deadline]),
        onLine: (text) => emit({ type: 'testOutput', image, text }),
      })
      if (outcome.status === 0) return undefined
      return outcome.status === undefined
        ? `it was ended by ${outcome.signal ?? 'a signal'}`
        : `it exited with ${outcome.status}`
    },
    { deadline, timeoutSeconds },
  )
  signal.throwIfAborted()
  if (failure === undefined) {
    emit({ type: 'testSucceeded', image })
    return
  }
  emit({ type: 'testFailed', image, message: failure })
  throw new ToolError('TEST_FAILED', `the test "${name}" of ${image} failed: ${failure}`, {
    hint: 'its output above says why; --skip-tests leaves tests out',
  })
}

async function verdict(
  run: () => Promise<string | undefined>,
  {
    deadline,
    timeoutSeconds,
  }: { readonly deadline: AbortSignal | undefined; readonly timeoutSeconds: number | undefined },
): Promise<string | undefined> {
  try {
    return await run()
  } catch (error) {
    if (deadline?.aborted === true) return `it took longer than ${timeoutSeconds ?? 0} s`
    throw error
  }
}

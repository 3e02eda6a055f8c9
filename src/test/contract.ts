import type { TestCase } from '../config/index.ts'
import type { Emit } from '../events/index.ts'
import type { RunProcess } from '../subprocess/index.ts'

/** What testers need from outside. */
export interface TesterOutside {
  readonly runProcess: RunProcess
  readonly env: Readonly<Record<string, string | undefined>>
}

/** One image, and what it is tested with. */
export interface TestRequest {
  readonly testCase: TestCase
  /** What was built: `repo:tag@digest`. */
  readonly reference: string
  /** The image is on this machine and in no registry. */
  readonly isLocal: boolean
  /** Absolute path of the test's context. */
  readonly folder: string
  readonly emit: Emit
  readonly signal: AbortSignal
}

/** A way to test images. */
export interface Tester {
  /**
   * Runs the tests of this kind one after the other.
   * @throws TEST_FAILED
   */
  test(request: TestRequest): Promise<void>
  /** Absolute paths of the files that the tests depend on. */
  dependencies(request: Pick<TestRequest, 'folder' | 'signal' | 'testCase'>): Promise<readonly string[]>
}

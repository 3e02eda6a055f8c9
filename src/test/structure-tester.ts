import { isToolError, ToolError } from '../errors/index.ts'
import { expandGlobs } from '../workspace/index.ts'
import type { Tester, TesterOutside, TestRequest } from './contract.ts'
import { runTestProgram } from './run-test-program.ts'

const program = 'container-structure-test'

/** Runs container-structure-test with the files of the configuration. It pulls images that are not on this machine. */
export function createStructureTester(outside: TesterOutside): Tester {
  const filesOf = ({ testCase, folder }: Pick<TestRequest, 'folder' | 'testCase'>): Promise<readonly string[]> =>
    testCase.structureTests.length === 0
      ? Promise.resolve([])
      : expandGlobs(folder, testCase.structureTests, { extensions: 'any' })
  return {
    async test(request) {
      const files = await filesOf(request)
      if (files.length === 0) return
      await runOn(outside, request, files)
    },
    dependencies: filesOf,
  }
}

async function runOn(outside: TesterOutside, request: TestRequest, files: readonly string[]): Promise<void> {
  const { testCase, reference, isLocal, folder } = request
  const pull = isLocal ? [] : ['--pull']
  const args = ['test', '-v', 'warn', '--image', reference, ...pull, ...files.flatMap((file) => ['--config', file])]
  try {
    await runTestProgram(outside, request, {
      what: `Running structure tests for files ${files.join(', ')}`,
      name: program,
      command: program,
      args: [...args, ...testCase.structureTestsArgs],
      cwd: folder,
      env: outside.env,
    })
  } catch (error) {
    if (!isToolError(error, 'PROGRAM_MISSING')) throw error
    throw new ToolError(
      'PROGRAM_MISSING',
      `structure tests of ${testCase.image} need ${program}, which is not installed`,
      {
        hint: `install ${program}, or pass --skip-tests`,
        cause: error,
      },
    )
  }
}

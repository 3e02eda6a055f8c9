import { resolve } from 'node:path'
import type { CustomTest } from '../config/index.ts'
import { ToolError } from '../errors/index.ts'
import { listFiles } from '../workspace/index.ts'
import type { Tester, TesterOutside, TestRequest } from './contract.ts'
import { runTestProgram } from './run-test-program.ts'

/** Runs commands of the configuration; they are given the image in `$IMAGE` and their folder in `$TEST_CONTEXT`. */
export function createCustomTester(outside: TesterOutside): Tester {
  return {
    async test(request) {
      for (const custom of request.testCase.custom) await runCustom(outside, request, custom)
    },
    async dependencies({ testCase, folder, signal }) {
      const lists = testCase.custom.map(async ({ dependencies }): Promise<readonly string[]> => {
        if (dependencies === undefined) return []
        if (dependencies.command !== undefined) return fromCommand(outside, dependencies.command, { folder, signal })
        if (dependencies.paths === undefined) return []
        return listFiles(folder, { paths: dependencies.paths, ignore: dependencies.ignore ?? [], signal })
      })
      return [...new Set((await Promise.all(lists)).flat())].toSorted()
    },
  }
}

async function runCustom(outside: TesterOutside, request: TestRequest, custom: CustomTest): Promise<void> {
  const { command, timeoutSeconds } = custom
  const limit = timeoutSeconds === undefined ? '' : ` with timeout ${timeoutSeconds} s`
  await runTestProgram(outside, request, {
    what: `Running custom test command: ${JSON.stringify(command)}${limit}`,
    name: command,
    ...shell(command),
    cwd: request.folder,
    env: { ...outside.env, IMAGE: request.reference, TEST_CONTEXT: request.folder },
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
  })
}

function shell(line: string): { readonly command: string; readonly args: readonly string[] } {
  return process.platform === 'win32'
    ? { command: 'cmd.exe', args: ['/d', '/s', '/c', line] }
    : { command: 'sh', args: ['-c', line] }
}

async function fromCommand(
  { runProcess, env }: TesterOutside,
  line: string,
  { folder, signal }: Pick<TestRequest, 'folder' | 'signal'>,
): Promise<readonly string[]> {
  const { status, stdout, stderr } = await runProcess({ ...shell(line), cwd: folder, env, signal })
  const paths = status === 0 ? parseList(stdout) : undefined
  if (paths !== undefined) return paths.map((path) => resolve(folder, path))
  const reason =
    status === 0 ? 'it printed no JSON list of paths' : `it exited with ${status ?? 'a signal'}: ${stderr.trim()}`
  throw new ToolError(
    'TEST_DEPENDENCIES_INVALID',
    `the dependencies of a test cannot be listed with "${line}": ${reason}`,
    {
      hint: 'let `test[].custom[].dependencies.command` print a JSON list of paths',
    },
  )
}

function parseList(text: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

import { resolve } from 'node:path'
import type { SkaffoldConfig, TestCase } from '../config/index.ts'
import { createCustomTester, createStructureTester, type Tester } from '../test/index.ts'
import type { BuiltArtifact, Context, GivenImage, Project } from './contract.ts'
import { givenArtifacts } from './given-images.ts'

/** What `test` is asked for. */
export interface TestProjectOptions {
  readonly given: readonly GivenImage[]
  /** In place of the tags that the images were given with. */
  readonly tag?: string
}

/**
 * Tests images that were built before.
 * @throws TEST_FAILED at the first test that fails
 */
export async function testProject(
  context: Context,
  project: Project,
  { given, tag }: TestProjectOptions,
): Promise<readonly BuiltArtifact[]> {
  const built = givenArtifacts(given, { ...context, ...(tag === undefined ? {} : { tag }) })
  await testBuilt(context, project, built)
  return built
}

/**
 * Runs the tests of the images that were built, in the order of the configurations, commands before structure tests.
 * @throws TEST_FAILED, PROGRAM_MISSING, WORKSPACE_NO_MATCH
 */
export async function testBuilt(context: Context, project: Project, built: readonly BuiltArtifact[]): Promise<void> {
  const cases = testsOf(project).flatMap(({ config, testCase }) => {
    const artifact = built.find(({ image }) => image === testCase.image)
    return artifact === undefined ? [] : [{ config, testCase, artifact }]
  })
  if (cases.length === 0) return
  context.emit({ type: 'testsStarted' })
  const testers = testersOf(context)
  for (const { config, testCase, artifact } of cases) {
    const { reference } = artifact
    const folder = folderOf(context, config, testCase)
    const isLocal = !reference.includes('@')
    const { emit, signal } = context
    for (const tester of testers) await tester.test({ testCase, reference, isLocal, folder, emit, signal })
  }
}

/** Absolute paths of the files that the tests of each image depend on. */
export async function testDependencies(
  context: Context,
  project: Project,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const testers = testersOf(context)
  const found = new Map<string, readonly string[]>()
  for (const { config, testCase } of testsOf(project)) {
    const request = { testCase, folder: folderOf(context, config, testCase), signal: context.signal }
    const files = await Promise.all(testers.map(async (tester) => tester.dependencies(request)))
    found.set(testCase.image, [...new Set([...(found.get(testCase.image) ?? []), ...files.flat()])])
  }
  return found
}

interface OwnedTest {
  readonly config: SkaffoldConfig
  readonly testCase: TestCase
}

function testsOf(project: Project): readonly OwnedTest[] {
  return project.configs.flatMap((config) => (config.test ?? []).map((testCase) => ({ config, testCase })))
}

function testersOf(context: Context): readonly Tester[] {
  return [createCustomTester(context), createStructureTester(context)]
}

function folderOf({ cwd }: Context, config: SkaffoldConfig, testCase: TestCase): string {
  return resolve(cwd, config.folder, testCase.context)
}

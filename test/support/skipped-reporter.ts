import type { TestCase, TestModule, Vitest } from 'vitest/node'

const suites = 'scripts/test-tools.sh install && eval "$(scripts/test-tools.sh up)" && npm run test:integration'

/** Says at the end of a run what did not run, why, and how to run it. */
export default class SkippedReporter {
  #isPartial = false

  onInit(vitest: Vitest): void {
    this.#isPartial = vitest.config.testNamePattern !== undefined
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules.flatMap((module) => [...module.children.allTests('skipped')])
    // tests left out by -t are nobody's question
    const told = skipped.filter((test) => !this.#isPartial || noteOf(test) !== undefined)
    const lines = told.map((test) => ` - ${test.module.relativeModuleId}: ${test.fullName}${reason(test)}`)
    if (lines.length > 0) {
      process.stdout.write(
        `Skipped here (${lines.length}), their names or reasons say what they need:\n${lines.join('\n')}\n`,
      )
    }
    if (
      modules.length > 1 &&
      modules.every((module) => !['integration', 'cluster'].includes(module.project.name ?? ''))
    ) {
      process.stdout.write(`Not run: the suites against real programs (Debian, root). To run them:\n  ${suites}\n`)
    }
  }
}

function noteOf(test: TestCase): string | undefined {
  const result = test.result()
  return result.state === 'skipped' ? result.note : undefined
}

function reason(test: TestCase): string {
  const note = noteOf(test)
  return note === undefined ? '' : `\n     ${note}`
}

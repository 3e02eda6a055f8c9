import type { TestModule } from 'vitest/node'

const suites = 'scripts/test-tools.sh install && eval "$(scripts/test-tools.sh up)" && npm run test:integration'

/** Says at the end of a run what did not run, and how to run it. */
export default class SkippedReporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules.flatMap((module) => [...module.children.allTests('skipped')])
    const lines = skipped.map((test) => ` - ${test.module.relativeModuleId}: ${test.fullName}`)
    if (lines.length > 0) process.stdout.write(`Skipped here, their names say what they need:\n${lines.join('\n')}\n`)
    if (modules.length > 1 && modules.every((module) => module.project.name !== 'integration')) {
      process.stdout.write(`Not run: the suites against real programs (Debian, root). To run them:\n  ${suites}\n`)
    }
  }
}

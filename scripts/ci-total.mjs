// @ts-check
// node scripts/ci-total.mjs FOLDER FAILED_STEPS SUITE…: adds up the suites' results and prints the total alone on the last
// line. A suite without a result, or that broke outside of its tests, is one failure; so is every test that was skipped.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const [folder = '', failedSteps = '0', ...suites] = process.argv.slice(2)
let [passed, failed] = [0, Number(failedSteps)]
for (const suite of suites) {
  const result = readResult(suite)
  if (result === undefined) {
    console.log(`${suite}: no result`)
    failed += 1
    continue
  }
  const skipped = result.numPendingTests + result.numTodoTests
  const broken = result.success || result.numFailedTests > 0 ? 0 : 1
  const extra = [skipped > 0 ? `, ${skipped} skipped, which counts as failed` : '', broken > 0 ? ', broken' : '']
  console.log(`${suite}: ${result.numPassedTests} passed, ${result.numFailedTests} failed${extra.join('')}`)
  for (const name of namesOfSkipped(result)) console.log(`  skipped: ${name}`)
  passed += result.numPassedTests
  failed += result.numFailedTests + skipped + broken
}
if (Number(failedSteps) > 0) console.log(`steps: ${failedSteps} failed`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1

/** @param {string} suite */
function readResult(suite) {
  try {
    return JSON.parse(readFileSync(join(folder, `${suite}.json`), 'utf8'))
  } catch {
    return undefined
  }
}

/**
 * @param {{testResults: {assertionResults: {status: string, fullName: string}[]}[]}} result
 * @returns {string[]}
 */
function namesOfSkipped({ testResults }) {
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults)
  return tests.filter(({ status }) => !['passed', 'failed'].includes(status)).map(({ fullName }) => fullName)
}

// @ts-check
// node scripts/ci-total.mjs FOLDER FAILED_STEPS SUITE…: adds up the suites' results and prints the total alone on the last
// line. A suite without a result, or that broke outside of its tests, is one failure; so is every test that was skipped.
// A test that failed and then passed when its file was run again, alone, counts as passed and is named.
import { againName, failedFiles, failedTests, readResult } from './ci-results.mjs'

const [folder = '', failedSteps = '0', ...suites] = process.argv.slice(2)
let [passed, failed] = [0, Number(failedSteps)]
for (const suite of suites) {
  const first = readResult(folder, suite)
  if (first === undefined) {
    console.log(`${suite}: no result`)
    failed += 1
    continue
  }
  const second = readResult(folder, againName(suite))
  const result = second === undefined ? first : withSecondRun(first, second)
  const skipped = result.numPendingTests + result.numTodoTests
  const broken = result.success || result.numFailedTests > 0 ? 0 : 1
  const extra = [skipped > 0 ? `, ${skipped} skipped, which counts as failed` : '', broken > 0 ? ', broken' : '']
  console.log(`${suite}: ${result.numPassedTests} passed, ${result.numFailedTests} failed${extra.join('')}`)
  for (const name of second === undefined ? [] : namesOfUnsteady(first, second)) {
    console.log(`  passed only when run again: ${name}`)
  }
  for (const { name, reason } of failuresOf(result)) console.log(`  failed: ${name}\n    ${reason}`)
  for (const name of namesOfSkipped(result)) console.log(`  skipped: ${name}`)
  passed += result.numPassedTests
  failed += result.numFailedTests + skipped + broken
}
if (Number(failedSteps) > 0) console.log(`steps: ${failedSteps} failed`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1

/**
 * @typedef {import('./ci-results.mjs').Result} Result
 * @param {Result} first
 * @param {Result} second
 * @returns {Result} the files that were run again as they ended then
 */
function withSecondRun(first, second) {
  const again = new Map(second.testResults.map((file) => [file.name, file]))
  const testResults = first.testResults.map((file) => again.get(file.name) ?? file)
  const count = (/** @type {string[]} */ ...statuses) =>
    testResults.flatMap((file) => file.assertionResults).filter(({ status }) => statuses.includes(status)).length
  const numFailedTests = count('failed')
  return {
    success: second.success && numFailedTests === 0,
    numPassedTests: count('passed'),
    numFailedTests,
    numPendingTests: count('pending', 'skipped', 'disabled'),
    numTodoTests: count('todo'),
    testResults,
  }
}

/** @param {Result} first @param {Result} second @returns {string[]} */
function namesOfUnsteady(first, second) {
  const stillFailed = new Set(second.testResults.flatMap((file) => failedTests(file).map(({ fullName }) => fullName)))
  const names = failedFiles(first).flatMap((file) => failedTests(file).map(({ fullName }) => fullName))
  return names.filter((name) => !stillFailed.has(name))
}

/** @param {Result} result @returns {{name: string, reason: string}[]} */
function failuresOf(result) {
  return failedFiles(result).flatMap((file) => {
    const tests = failedTests(file).map((test) => ({ name: test.fullName, text: test.failureMessages?.[0] }))
    const all = tests.length > 0 ? tests : [{ name: file.name, text: file.message }]
    return all.map(({ name, text }) => ({ name, reason: (text ?? '').split('\n').slice(0, 3).join(' ').slice(0, 500) }))
  })
}

/** @param {Result} result @returns {string[]} */
function namesOfSkipped({ testResults }) {
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults)
  return tests.filter(({ status }) => !['passed', 'failed'].includes(status)).map(({ fullName }) => fullName)
}

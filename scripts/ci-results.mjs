// @ts-check
// A suite's results for CI: those of its run, and of its second run, which has the files alone that had failed.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @typedef {{status: string, fullName: string, failureMessages?: string[]}} Test
 * @typedef {{name: string, status: string, message?: string, assertionResults: Test[]}} File
 * @typedef {{success: boolean, numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number, testResults: File[]}} Result
 */

/**
 * @param {string} folder
 * @param {string} suite
 * @returns {Result | undefined} undefined when the run left none
 */
export function readResult(folder, suite) {
  try {
    return JSON.parse(readFileSync(join(folder, `${suite}.json`), 'utf8'))
  } catch {
    return undefined
  }
}

/** @param {string} suite @returns {string} what the results of the second run are called */
export function againName(suite) {
  return `${suite}-again`
}

/** @param {Result} result @returns {File[]} those with a test that failed, or that broke before their tests */
export function failedFiles(result) {
  return result.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' || assertionResults.some((test) => test.status === 'failed'),
  )
}

/** @param {File} file @returns {Test[]} */
export function failedTests({ assertionResults }) {
  return assertionResults.filter(({ status }) => status === 'failed')
}

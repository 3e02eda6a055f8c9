// @ts-check
// node scripts/ci-again.mjs FOLDER SUITE: prints, a line each, the files of a suite that are worth a second run: those that failed,
// unless they are so many that the machine's load cannot be the reason.
import { failedFiles, readResult } from './ci-results.mjs'

const mostFiles = 5

const [folder = '', suite = ''] = process.argv.slice(2)
const result = readResult(folder, suite)
const files = result === undefined ? [] : failedFiles(result).map(({ name }) => name)
if (files.length <= mostFiles) for (const file of files) console.log(file)

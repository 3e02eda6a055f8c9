import { expect, test } from 'vitest'
import { parseEnvFile } from './env-file.ts'

test.each([
  ['A=1', { A: '1' }],
  ['export A = b c ', { A: 'b c' }],
  ['# A=1\n\nB=2 # why', { B: '2' }],
  ['A="x # y\\n\\"z\\""', { A: 'x # y\n"z"' }],
  [String.raw`A='\n # b'`, { A: String.raw`\n # b` }],
  ['A=a=b\r\nC=', { A: 'a=b', C: '' }],
  ['no assignment', {}],
])('%j', (text, values) => {
  expect(parseEnvFile(text)).toEqual(values)
})

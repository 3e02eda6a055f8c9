import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
let folder: string
let output: string

const planted: Readonly<Record<string, string>> = {
  'WrongName.ts': 'export const a: number = 1\n',
  'default-export.ts': 'export default 1\n',
  'doors.ts': `import { spawn } from 'node:child_process'
import path from 'path'
import { a } from './WrongName'
export function look(): unknown {
  console.log(process.env['A'], path, a)
  return fetch('http://a') ?? spawn('a')
}
`,
  'types.ts': `export function loose(value: any, other: string | undefined) {
  if (other) return value!
  void 0
  return \`\${value as object}\`
}
export async function later(): Promise<void> {
  Promise.resolve(1)
  throw 'text'
}
export function every(kind: 'a' | 'b'): number {
  switch (kind) {
    case 'a':
      return 1
  }
  return 2
}
`,
  'size.ts': `export function five(a: number, b: number, c: number, d: number): number {
  return a == b ? c : d
}
export function long(): void {
${'  JSON.stringify(1)\n'.repeat(60)}}
`,
  'one.ts': "import type { Two } from './two.ts'\nexport interface One { two: Two }\n",
  'two.ts': "import type { One } from './one.ts'\nexport interface Two { one: One }\n",
}

/** Each rule that STYLE or ARCHITECTURE rests on, and that a planted file breaks. */
const rules = [
  'unicorn(filename-case)',
  'import(no-default-export)',
  'import(extensions)',
  'import(no-cycle)',
  'eslint(no-console)',
  'eslint(no-restricted-imports)',
  'eslint(no-restricted-globals)',
  'eslint(no-restricted-properties)',
  'eslint(max-params)',
  'eslint(max-lines-per-function)',
  'eslint(eqeqeq)',
  'unicorn(prefer-node-protocol)',
  'typescript(no-explicit-any)',
  'typescript(no-non-null-assertion)',
  'typescript(no-floating-promises)',
  'typescript(only-throw-error)',
  'typescript(switch-exhaustiveness-check)',
  'typescript(explicit-module-boundary-types)',
]

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'catamaran-lint-'))
  for (const [name, text] of Object.entries(planted)) writeFileSync(join(folder, name), text)
  // types are looked for beside the files otherwise, and without Node's the type-aware rules do not run
  const compilerOptions = { rootDir: '/', typeRoots: [join(root, 'node_modules/@types')] }
  const config = { extends: join(root, 'test/tsconfig.json'), compilerOptions, include: ['.'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const args = [join(root, 'node_modules/oxlint/bin/oxlint'), '-c', join(root, '.oxlintrc.json'), folder]
  // the type-aware rules are another program, found by PATH
  const env = { ...process.env, PATH: [join(root, 'node_modules/.bin'), process.env['PATH']].join(delimiter) }
  output = spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' }).stdout
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

test.each(rules)('%s sees a planted violation', (rule) => {
  expect(output).toContain(rule)
})

import { readFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { floors } from './rooms.ts'
import { sourceFiles } from './scan.ts'

const root = resolve(import.meta.dirname, '../../src')
const files = sourceFiles(root)
  .filter((file) => !file.endsWith('.test.ts'))
  .map((file) => ({ file: relative(root, file), text: readFileSync(file, 'utf8') }))

/** They hold the text of a little program that another process runs. */
const programs = ['render/helm/post-renderer.ts', 'sandbox/kubelet/enter.ts']

/** What may be used only behind a door, and the files that are the door. */
const doors: readonly {
  readonly what: string
  readonly pattern: RegExp
  readonly allowed: (file: string) => boolean
}[] = [
  {
    what: 'files, network, programs and threads on the floors of words',
    pattern: /from 'node:(?:fs|fs\/promises|net|http|https|http2|tls|dns|child_process|worker_threads|os|dgram)'/,
    allowed: (file) => !isBelow(file, 2),
  },
  {
    what: 'the clock on the floors of words',
    pattern: /\bDate\.now\(\)|\bnew Date\(\)|\bperformance\.now\(\)/,
    allowed: (file) => !isBelow(file, 2),
  },
  {
    what: 'child_process',
    pattern: /from 'node:child_process'/,
    allowed: (file) => file.startsWith('subprocess/'),
  },
  {
    what: 'environment and arguments of the process',
    pattern: /\bprocess\.(?:env|argv|exit|exitCode)\b/,
    allowed: (file) => file === 'cli/main.ts' || programs.includes(file),
  },
  {
    what: 'the console',
    pattern: /\bconsole\.\w+\(/,
    allowed: (file) => programs.includes(file),
  },
  {
    what: 'a platform that nobody asked for',
    pattern: /(?:\?\?|\|\||return|[^=!]=) '(?:linux\/)?(?:amd64|arm64)'/,
    allowed: (file) => file.startsWith('platform/') || file.startsWith('layer/'),
  },
]

describe('the outside world is reached through its doors', () => {
  test.each(doors)('$what', ({ pattern, allowed }) => {
    expect(crossings(files, pattern, allowed)).toEqual([])
  })

  test('planted violations are seen', () => {
    const planted = [
      { file: 'platform/x.ts', text: "import { readFileSync } from 'node:fs'" },
      { file: 'config/x.ts', text: 'const now = Date.now()' },
      { file: 'build/x.ts', text: "import { spawn } from 'node:child_process'" },
      { file: 'cli/run-main.ts', text: 'process.env' },
      { file: 'deploy/x.ts', text: "console.log('x')" },
      { file: 'pipeline/x.ts', text: "const platform = asked ?? 'linux/amd64'" },
    ]
    doors.forEach(({ pattern, allowed }, index) => {
      expect(crossings(planted, pattern, allowed)).toContain(planted[index]?.file)
    })
  })
})

describe('a disabled rule says why', () => {
  test('in every source file', () => {
    expect(files.filter(({ text }) => hasSilentDisable(text)).map(({ file }) => file)).toEqual([])
  })

  test('a planted one is seen', () => {
    expect(hasSilentDisable('// oxlint-disable-next-line no-console')).toBe(true)
    expect(hasSilentDisable('// oxlint-disable-next-line no-console -- the only place that prints')).toBe(false)
  })
})

function crossings(
  sources: readonly { readonly file: string; readonly text: string }[],
  pattern: RegExp,
  allowed: (file: string) => boolean,
): readonly string[] {
  return sources
    .filter(({ file, text }) => !allowed(file) && pattern.test(withoutComments(text)))
    .map(({ file }) => file)
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1')
}

function hasSilentDisable(text: string): boolean {
  return text.split('\n').some((line) => /(?:oxlint|eslint)-disable/.test(line) && !/ -- \S/.test(line))
}

function isBelow(file: string, floor: number): boolean {
  const room = file.split('/')[0] ?? ''
  return floors.slice(0, floor).some((rooms) => rooms.includes(room))
}

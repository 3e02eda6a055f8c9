import { readFile } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { compileGoPattern } from '../../../support/index.ts'
import { findFiles, listFiles } from '../../../workspace/index.ts'
import type { Builder } from '../../contract.ts'
import { koFileName, koFolder, koOf } from './ko-settings.ts'

/** What the settings name; without any: Go files, the module, static assets, and files that Go embeds. */
export async function koDependencies({
  artifact,
  contextFolder,
  signal,
}: Parameters<Builder['dependencies']>[0]): Promise<readonly string[]> {
  const ko = koOf(artifact)
  const { paths, ignore = [] } = ko.dependencies ?? {}
  if (paths !== undefined) return listFiles(contextFolder, { paths, ignore, signal })
  const found = new Set(await listFiles(contextFolder, { paths: ['**/*.go', 'go.*'], signal }))
  const folder = koFolder(contextFolder, ko)
  const names = await findFiles(folder, { signal })
  for (const name of [...names.filter(isAsset), ...(await embedded(folder, names)), koFileName]) {
    const path = join(folder, name)
    found.add(path)
    found.add(dirname(path))
  }
  return [...found].sort()
}

function isAsset(name: string): boolean {
  return name.split('/').includes('kodata')
}

/** Files that `//go:embed` names, in folders of this module. */
async function embedded(folder: string, names: readonly string[]): Promise<readonly string[]> {
  const sources = names.filter((name) => name.endsWith('.go'))
  const found = await Promise.all(
    sources.map(async (name) => {
      const text = await readFile(join(folder, name), 'utf8').catch(() => '')
      const patterns = [...text.matchAll(/^\/\/go:embed[ \t]+(.+)$/gm)].flatMap(([, line = '']) => wordsOf(line))
      const matchers = patterns.map((pattern) => matcherOf(posix.dirname(name), pattern))
      return names.filter((other) => matchers.some((matches) => matches(other)))
    }),
  )
  return found.flat()
}

function wordsOf(line: string): readonly string[] {
  return (line.match(/"[^"]*"|`[^`]*`|\S+/g) ?? []).map((word) =>
    word.replaceAll(/^["`]|["`]$/g, '').replace(/^all:/, ''),
  )
}

/** Part by part as Go's `path.Match`, below the folder of the source; a folder stands for what is in it. */
function matcherOf(folder: string, pattern: string): (name: string) => boolean {
  const start = folder === '.' ? [] : folder.split('/').map((part) => (one: string) => one === part)
  const clean = posix.normalize(pattern)
  const rest = clean === '.' ? [] : clean.split('/').map((part) => compileGoPattern(part) ?? (() => false))
  const tests = [...start, ...rest]
  return (name) => {
    const parts = name.split('/')
    return parts.length >= tests.length && tests.every((matches, at) => matches(parts[at] ?? ''))
  }
}

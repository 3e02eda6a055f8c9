import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'

type Environment = Readonly<Record<string, string | undefined>>

/** The environment with what `skaffold.env` of the folder adds to it: what is set already stays, as in Skaffold. */
export async function withEnvFile(env: Environment, cwd: string): Promise<Environment> {
  try {
    return { ...parseEnvFile(await readFile(resolve(cwd, 'skaffold.env'), 'utf8')), ...env }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return env
    throw error
  }
}

/** `KEY=VALUE` lines, also with `export` before them, comments, and values in quotes. */
export function parseEnvFile(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text.split(/\r?\n/).flatMap((line) => {
      const [, key, value] = /^\s*(?:export\s+)?([\w.]+)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? []
      return key === undefined || value === undefined ? [] : [[key, unquote(value)] as const]
    }),
  )
}

function unquote(value: string): string {
  const quoted = /^(["'])((?:\\.|(?!\1)[^\\])*)\1/.exec(value)
  if (quoted === null) return value.replace(/(?:^|\s+)#.*$/, '')
  const [, quote, inner = ''] = quoted
  return quote === "'" ? inner : inner.replaceAll(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter))
}

import { readFile, readlink } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { runProcess } from '../../subprocess/index.ts'

/** Sizes in characters, as they change. */
export type TerminalSizes = AsyncIterable<{ readonly columns: number; readonly rows: number }>

/** Gives the terminal that `script` has made for its command the sizes that come; ends with them. */
export async function followSize(
  script: number,
  sizes: TerminalSizes,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  let terminal: string | undefined
  for await (const { columns, rows } of sizes) {
    terminal ??= await findTerminal(script)
    if (terminal === undefined) return
    const args = [`--file=${terminal}`, 'cols', String(columns), 'rows', String(rows)]
    await runProcess({ command: 'stty', args, env })
  }
}

const attempts = 50

/** It is there a moment after the program that makes it; undefined when that is gone. */
async function findTerminal(script: number): Promise<string | undefined> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const path = await terminalOf(script)
    if (path?.startsWith('/dev/pts/') === true) return path
    await sleep(20)
  }
  return undefined
}

async function terminalOf(script: number): Promise<string | undefined> {
  try {
    const [child = ''] = (await readFile(`/proc/${script}/task/${script}/children`, 'utf8')).split(' ')
    return child === '' ? undefined : await readlink(`/proc/${child}/fd/0`)
  } catch {
    // not yet, or not any more
    return undefined
  }
}

import { programName, splitScript, textsOf, type Word } from './words.ts'

/** The members of a container that say what it runs; absent ones stay as they are. */
export interface LaunchChange {
  readonly command?: readonly string[]
  readonly args?: readonly string[]
}

/** What a container runs, and how something else is put there. */
export interface Launch {
  readonly program: readonly Word[]
  readonly rest: readonly Word[]
  readonly isScript: boolean
  /** The folder that the program is started in, where the image's own is not. */
  readonly workingDir?: string
  put(program: readonly Word[]): LaunchChange
}

/** Command and arguments as Kubernetes takes them together from manifest and image. */
export interface CommandLine {
  readonly command: readonly Word[]
  readonly args: readonly Word[]
  /** The arguments are the image's: a command in the manifest would take them away. */
  readonly areArgsOfImage: boolean
}

/** What a shell script starts: one simple command, with or without `exec`, or what is not looked into. */
export function scriptLaunch(script: Word, put: (text: string) => LaunchChange): Launch {
  const words = splitScript(script.text)
  if (words === undefined) return { program: [script], rest: [], isScript: true, put: () => ({}) }
  const prefix = words[0]?.text === 'exec' ? words.slice(0, 1) : []
  return {
    program: words.slice(prefix.length),
    rest: [],
    isScript: false,
    put: (program) => put(textsOf([...prefix, ...program]).join(' ')),
  }
}

/** `sh -c`, also with other one-letter options before the `c`. */
export function isShell(words: readonly Word[]): boolean {
  return ['ash', 'bash', 'dash', 'sh'].includes(programName(words)) && /^-[a-z]*c$/.test(words[1]?.value ?? '')
}

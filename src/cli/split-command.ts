/** A command line, taken apart. */
export interface SplitCommand {
  /** `build`, `manifest create`; a group alone where no command of it is named. */
  readonly name: string | undefined
  /** Everything else, in order. */
  readonly argv: readonly string[]
}

/** Flags of every command, and Skaffold's, whose value is a word of its own. */
const takesValue = /^(?:-v|-f|-p|--verbosity|--progress|--format|--filename|--profile)$/

/** The command is the first word that is no flag, and for a group the next one as well; flags may stand between. */
export function splitCommand(argv: readonly string[], groups: readonly string[]): SplitCommand {
  if (argv[0] === 'help') return { name: nameIn(argv.slice(1), groups), argv: ['--help'] }
  if (argv[0] === '--version') return { name: 'version', argv: argv.slice(1) }
  const words = wordsAt(argv)
  const [first, second] = words
  if (first === undefined) return { name: undefined, argv }
  const isGroup = groups.includes(argv[first] ?? '')
  const taken = isGroup && second !== undefined ? [first, second] : [first]
  return {
    name: taken.map((at) => argv[at]).join(' '),
    argv: argv.filter((_, at) => !taken.includes(at)),
  }
}

function nameIn(words: readonly string[], groups: readonly string[]): string | undefined {
  const [first, second] = words
  return first !== undefined && second !== undefined && groups.includes(first) ? `${first} ${second}` : first
}

function wordsAt(argv: readonly string[]): readonly number[] {
  const places = argv.map((word, at) => (word.startsWith('-') || takesValue.test(argv[at - 1] ?? '') ? -1 : at))
  return places.filter((at) => at !== -1)
}

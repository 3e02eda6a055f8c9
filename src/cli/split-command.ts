/** A command line, taken apart. */
export interface SplitCommand {
  /** `build`, `manifest create`; a group alone where no command of it is named. */
  readonly name: string | undefined
  /** Everything else, in order. */
  readonly argv: readonly string[]
}

/** Flags of every command, and Skaffold's, whose value is a word of its own. */
const takesValue = /^(?:-v|-f|-p|-m|-c|-k|--verbosity|--progress|--format|--filename|--profile|--module|--config)$/

/** The command is the first word that is no flag, and for a group the next one as well; flags may stand between. */
export function splitCommand(argv: readonly string[], groups: readonly string[]): SplitCommand {
  if (argv[0] === 'help') return { name: nameOf(takenFrom(argv.slice(1), groups), argv.slice(1)), argv: ['--help'] }
  if (argv[0] === '--version') return { name: 'version', argv: argv.slice(1) }
  const taken = takenFrom(argv, groups)
  return { name: nameOf(taken, argv), argv: argv.filter((_, at) => !taken.includes(at)) }
}

/** Places of the words that name the command. */
function takenFrom(argv: readonly string[], groups: readonly string[]): readonly number[] {
  const words = wordsAt(argv)
  const nested = words.findIndex((_, index) => !groups.includes(nameOf(words.slice(0, index + 1), argv) ?? ''))
  return nested === -1 ? words : words.slice(0, nested + 1)
}

function nameOf(taken: readonly number[], argv: readonly string[]): string | undefined {
  return taken.length === 0 ? undefined : taken.map((at) => argv[at]).join(' ')
}

function wordsAt(argv: readonly string[]): readonly number[] {
  const places = argv.map((word, at) => (word.startsWith('-') || takesValue.test(argv[at - 1] ?? '') ? -1 : at))
  return places.filter((at) => at !== -1)
}

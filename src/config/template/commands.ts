/** Thrown through a synchronous rendering to say which program's output it needs. */
class CommandNeeded extends Error {
  readonly argv: readonly string[]

  constructor(argv: readonly string[]) {
    super('a template needs the output of a program')
    this.argv = argv
  }
}

/**
 * Lets templates, which are rendered synchronously, run programs that are not: calls `render` until every program that it
 * asks `cmd` for has run. A program runs once per argument list.
 *
 * @example await resolveCommands((cmd) => parseConfig(text, { file, env, cmd }), runForOutput)
 */
export async function resolveCommands<T>(
  render: (cmd: (argv: readonly string[]) => string) => T,
  run: (argv: readonly string[]) => Promise<string>,
): Promise<T> {
  const outputs = new Map<string, string>()
  for (;;) {
    try {
      return render((argv) => {
        const output = outputs.get(JSON.stringify(argv))
        if (output === undefined) throw new CommandNeeded(argv)
        return output
      })
    } catch (error) {
      if (!(error instanceof CommandNeeded)) throw error
      outputs.set(JSON.stringify(error.argv), await run(error.argv))
    }
  }
}

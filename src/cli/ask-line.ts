import { createInterface } from 'node:readline'
import { ToolError } from '../errors/index.ts'
import type { QuestionStreams } from './questions.ts'

/**
 * Asks for one line of text.
 * @throws ABORTED when the input ends without one; the signal's reason
 */
export async function askLine(question: string, { input, output, signal }: QuestionStreams): Promise<string> {
  output.write(question)
  // the terminal itself echoes and edits, and Ctrl+C reaches the process
  const lines = createInterface({ input, signal })
  try {
    for await (const line of lines) return line.trim()
  } finally {
    lines.close()
  }
  signal.throwIfAborted()
  output.write('\n')
  throw new ToolError('ABORTED', 'nobody answered')
}

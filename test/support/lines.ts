import { expect } from 'vitest'

/** Fails unless lines that match stand in the text in this order, other lines between them allowed. */
export function expectInOrder(text: string, wanted: readonly (string | RegExp)[]): void {
  const lines = text.split(/\r?\n/)
  let from = 0
  for (const want of wanted) {
    const at = lines.findIndex(
      (line, index) => index >= from && (typeof want === 'string' ? line === want : want.test(line)),
    )
    if (at === -1) expect.fail(`no line ${String(want)} after line ${from} of:\n${text}`)
    from = at + 1
  }
}

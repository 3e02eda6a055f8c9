import type { Token } from './lexer.ts'
import { TemplateError } from './template-error.ts'

/** Every level is one on the stack of the evaluation, too. */
export const mostNested = 200

/** The tokens of one action, taken one by one. */
export class TokenReader {
  readonly at: number
  readonly #tokens: readonly Token[]
  #next = 0
  #depth = 0

  constructor(tokens: readonly Token[], at: number) {
    this.#tokens = tokens
    this.at = at
  }

  peek(): Token | undefined {
    return this.#tokens[this.#next]
  }

  ahead(count: number): readonly Token[] {
    return this.#tokens.slice(this.#next, this.#next + count)
  }

  skip(count: number): void {
    this.#next += count
  }

  next(): void {
    this.#next += 1
  }

  /** Into a group. */
  enter(): void {
    this.#depth += 1
    if (this.#depth > mostNested) this.fail('it is nested too deeply')
  }

  leave(): void {
    this.#depth -= 1
  }

  takeMark(text: string): boolean {
    const token = this.peek()
    if (token?.kind !== 'mark' || token.text !== text) return false
    this.next()
    return true
  }

  gluedPath(): readonly string[] {
    const token = this.peek()
    if (token?.kind !== 'field' || !token.glued) return []
    this.next()
    return fieldPath(token)
  }

  expectEnd(): void {
    const token = this.peek()
    if (token !== undefined) this.fail(`unexpected \`${token.text}\``)
  }

  fail(reason: string): never {
    throw new TemplateError(reason, this.peek()?.at ?? this.at)
  }
}

/** The names of `.a.b`. */
export function fieldPath(token: Token): readonly string[] {
  return token.text.slice(1).split('.')
}

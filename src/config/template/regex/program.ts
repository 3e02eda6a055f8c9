import { failure } from '../function.ts'
import type { CharacterTest } from './characters.ts'
import type { Assertion, Expression } from './parse.ts'

/** One step of a program; the one behind it comes next unless it says otherwise. */
export type Instruction =
  | { readonly op: 'character'; readonly test: CharacterTest }
  | { readonly op: 'assertion'; readonly name: Assertion }
  | { readonly op: 'save'; readonly slot: number }
  /** Goes to both, the first is preferred. */
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'jump'; to: number }
  | { readonly op: 'match' }

const mostInstructions = 20_000

/** Turns an expression into a program. Throws a template error when it would be too long. */
export function compileExpression(expression: Expression): readonly Instruction[] {
  const program: Instruction[] = [{ op: 'save', slot: 0 }]
  emit(program, expression)
  program.push({ op: 'save', slot: 1 }, { op: 'match' })
  return program
}

function emit(program: Instruction[], expression: Expression): void {
  if (program.length > mostInstructions) throw failure('the regular expression is too large')
  switch (expression.kind) {
    case 'character':
      program.push({ op: 'character', test: expression.test })
      return
    case 'assertion':
      program.push({ op: 'assertion', name: expression.name })
      return
    case 'sequence':
      for (const part of expression.parts) emit(program, part)
      return
    case 'choice':
      emitChoice(program, expression.parts)
      return
    case 'group':
      program.push({ op: 'save', slot: expression.index * 2 })
      emit(program, expression.body)
      program.push({ op: 'save', slot: expression.index * 2 + 1 })
      return
    case 'repeat':
      emitRepeat(program, expression)
  }
}

function emitChoice(program: Instruction[], parts: readonly Expression[]): void {
  const ends: { to: number }[] = []
  for (const [index, part] of parts.entries()) {
    if (index === parts.length - 1) {
      emit(program, part)
      break
    }
    const split = { op: 'split' as const, first: program.length + 1, second: 0 }
    program.push(split)
    emit(program, part)
    const end = { op: 'jump' as const, to: 0 }
    program.push(end)
    ends.push(end)
    split.second = program.length
  }
  for (const end of ends) end.to = program.length
}

function emitRepeat(program: Instruction[], repeat: Extract<Expression, { kind: 'repeat' }>): void {
  const { body, least, most, isGreedy } = repeat
  for (let count = 0; count < least; count += 1) emit(program, body)
  if (most === Infinity) {
    const start = program.length
    const split = { op: 'split' as const, first: start + 1, second: 0 }
    program.push(split)
    emit(program, body)
    program.push({ op: 'jump', to: start })
    leave(split, { program, isGreedy })
    return
  }
  const splits = Array.from({ length: most - least }, () => {
    const split = { op: 'split' as const, first: program.length + 1, second: 0 }
    program.push(split)
    emit(program, body)
    return split
  })
  for (const split of splits) leave(split, { program, isGreedy })
}

/** Where it goes when it is over; who is not greedy prefers that. */
function leave(
  split: { first: number; second: number },
  { program, isGreedy }: { readonly program: readonly Instruction[]; readonly isGreedy: boolean },
): void {
  split.second = program.length
  if (isGreedy) return
  const { first } = split
  split.first = split.second
  split.second = first
}

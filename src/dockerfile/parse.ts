import { readFlags } from './flags.ts'
import { parseInstruction } from './instruction.ts'
import { invalid } from './invalid.ts'
import { splitLines, type LogicalLine } from './lines.ts'
import type { Dockerfile, Instruction, Location, Stage } from './types.ts'
import { splitSpaces } from './words.ts'
import { readWritten, type Written } from './written.ts'

/**
 * Parses a Dockerfile; `file` is what errors call it. Variables are not replaced.
 * @throws DOCKERFILE_INVALID with `file:line`
 * @see https://docs.docker.com/reference/dockerfile/
 */
export function parseDockerfile(text: string, file: string): Dockerfile {
  const { directives, lines } = splitLines(text, file)
  const globalArgs: Dockerfile['globalArgs'][number][] = []
  const stages: (Stage & { readonly instructions: Instruction[] })[] = []
  for (const line of lines) {
    const written = readWritten(line, directives.escape)
    if (written.name === 'FROM') {
      stages.push({ ...parseFrom(written, stages.length), instructions: [] })
      continue
    }
    const instruction = parseInstruction(written)
    const stage = stages.at(-1)
    if (stage !== undefined) stage.instructions.push(instruction)
    else if (instruction.kind === 'arg') globalArgs.push(instruction)
    else throw invalid(line.at, `${written.name} comes before the first FROM`, 'start the file with FROM')
  }
  if (stages.length === 0) throw noStages(file, lines)
  return { file, ...directives, globalArgs, stages }
}

/**
 * Parses the instruction that an ONBUILD of a base holds; errors name `at`, where the base is used.
 * @throws DOCKERFILE_INVALID
 */
export function parseTrigger(text: string, at: Location): Instruction {
  const [line, ...more] = splitLines(text, at.file).lines
  if (line === undefined || more.length > 0) throw invalid(at, `ONBUILD "${text}" is not one instruction`)
  const written = readWritten({ ...line, at }, '\\')
  if (written.name === 'FROM' || written.name === 'ONBUILD' || written.name === 'MAINTAINER') {
    throw invalid(at, `ONBUILD ${written.name} is not allowed`)
  }
  return parseInstruction(written)
}

function noStages(file: string, lines: readonly LogicalLine[]): Error {
  const at = { file, line: 1, endLine: Math.max(1, lines.at(-1)?.at.endLine ?? 1) }
  return invalid(
    at,
    lines.length === 0 ? 'the Dockerfile is empty' : 'there is no FROM',
    'start with FROM scratch or FROM an image',
  )
}

const stageName = /^[a-z][a-z0-9-_.]*$/

function parseFrom(written: Written, index: number): Omit<Stage, 'instructions'> {
  const { at } = written.line
  const flags = readFlags(written.flags, { platform: 'value' }, { instruction: 'FROM', at })
  const [base = '', as = '', writtenName = ''] = splitSpaces(written.rest)
  const words = splitSpaces(written.rest).length
  if (words !== 1 && !(words === 3 && as.toLowerCase() === 'as')) {
    throw invalid(at, 'FROM takes an image, or an image and AS a name', 'write FROM IMAGE or FROM IMAGE AS NAME')
  }
  const name = writtenName.toLowerCase()
  if (words === 3 && !stageName.test(name)) {
    throw invalid(
      at,
      `"${writtenName}" is no name for a stage`,
      'start it with a letter, then letters, digits, "-", "_" and "."',
    )
  }
  const platform = flags.value('platform') ?? ''
  return { index, base, at, ...(words === 3 ? { name } : {}), ...(platform === '' ? {} : { platform }) }
}

import { ToolError } from '../../errors/index.ts'
import type { InitBuilder } from './builders.ts'
import type { Pair } from './pair.ts'

const kinds: readonly InitBuilder['kind'][] = ['Docker', 'Jib Maven Plugin', 'Jib Gradle Plugin', 'Buildpacks', 'Ko']

/**
 * An artifact of `-a`: `path/to/Dockerfile=image`, or JSON with `builder`, `payload`, `image` and `context`.
 * @throws USAGE
 */
export function parseCliArtifact(text: string): Pair {
  if (text.trimStart().startsWith('{')) return fromJson(text)
  const [path = '', image = '', ...rest] = text.split('=')
  if (path === '' || image === '' || rest.length > 0) throw malformed(text)
  return { builder: { kind: 'Docker', path }, image }
}

/** Splits what was typed: commas separate artifacts, but not inside of JSON. */
export function splitCliArtifacts(values: readonly string[]): readonly string[] {
  return values.flatMap((value) => (value.trimStart().startsWith('{') ? [value] : value.split(',')))
}

function fromJson(text: string): Pair {
  const parsed = parse(text)
  const { builder, payload, image, context } = parsed
  const kind = kinds.find((one) => one === builder)
  if (kind === undefined) {
    throw new ToolError('USAGE', `unknown builder type in CLI artifacts: "${String(builder)}"`, {
      hint: `it is one of ${kinds.join(', ')}`,
    })
  }
  const { path, project } = typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : {}
  if (typeof path !== 'string' || typeof image !== 'string') throw malformed(text)
  return {
    builder: { kind, path, ...(typeof project === 'string' ? { project } : {}) },
    image,
    ...(typeof context === 'string' ? { context } : {}),
  }
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>
  } catch (error) {
    if (error instanceof SyntaxError) throw malformed(text)
    throw error
  }
}

function malformed(text: string): ToolError {
  return new ToolError('USAGE', `malformed artifact provided: ${text}`, {
    hint: 'write -a path/to/Dockerfile=image',
  })
}

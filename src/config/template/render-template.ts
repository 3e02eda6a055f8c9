import { ToolError } from '../../errors/index.ts'
import { builtinFunctions } from './builtin-functions.ts'
import { cryptoFunctions } from './crypto-functions.ts'
import { dataFunctions } from './data-functions.ts'
import { dateFunctions } from './date-functions.ts'
import { evaluateTemplate } from './evaluate.ts'
import { createCall, type TemplateFunction } from './function.ts'
import { mapFunctions } from './map-functions.ts'
import { moreTextFunctions } from './more-text-functions.ts'
import { missingFunctions, outsideFunctions } from './outside-functions.ts'
import { parseTemplate } from './parser.ts'
import { randomFunctions } from './random-functions.ts'
import { regexFunctions } from './regex-functions.ts'
import { TemplateError } from './template-error.ts'
import { textFunctions } from './text-functions.ts'
import { urlFunctions } from './url-functions.ts'
import type { Value } from './value.ts'

/** What a template may use beside its data, and how it is judged. */
export interface TemplateOptions {
  /** Runs a program for the function `cmd` and gives its standard output; without it `cmd` is an error. */
  readonly cmd?: (argv: readonly string[]) => string
  /** The time for `now` and its kin; without it these are an error. */
  readonly now?: () => Date
  /** A missing key is an error instead of `<no value>`. */
  readonly strict?: boolean
  /** The environment for `env` and `expandenv`; the data when absent. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Where the template stands, for the error. */
  readonly where?: string
}

const named: Readonly<Record<string, TemplateFunction>> = {
  ...builtinFunctions,
  ...textFunctions,
  ...moreTextFunctions,
  ...cryptoFunctions,
  ...dataFunctions,
  ...mapFunctions,
  ...urlFunctions,
  ...dateFunctions,
  ...randomFunctions,
  ...regexFunctions,
  ...outsideFunctions,
}

/** Sprig's other names: those with `must` give an error where the plain ones may end the program, which none does here. */
const otherNames: Readonly<Record<string, string>> = { push: 'append', mustPush: 'append' }
const withMust =
  `append compact deepCopy first fromJson has initial last merge mergeOverwrite prepend regexFind regexFindAll regexMatch
  regexReplaceAll regexReplaceAllLiteral regexSplit rest reverse slice toJson toPrettyJson toRawJson uniq without`.split(
    /\s+/,
  )

const functions: ReadonlyMap<string, TemplateFunction> = new Map([
  ...Object.entries(named),
  ...[...withMust.map((name) => [mustName(name), name] as const), ...Object.entries(otherNames)].flatMap(
    ([other, name]) => {
      const found = named[name]
      return found === undefined ? [] : [[other, found] as const]
    },
  ),
])

function mustName(name: string): string {
  return `must${name.slice(0, 1).toUpperCase()}${name.slice(1)}`
}

/**
 * Renders a template in Go's text/template language with sprig's functions, as Skaffold's templated fields have it. Those
 * that make certificates and passwords or ask the network are not supported.
 *
 * @param data the keys of `.`; a key whose value is undefined is missing
 * @example renderTemplate('{{default "dev" .TAG}}', process.env)
 * @throws CONFIG_TEMPLATE_INVALID when it does not parse or a function fails
 * @see https://pkg.go.dev/text/template
 */
export function renderTemplate(
  text: string,
  data: Readonly<Record<string, string | undefined>>,
  options: TemplateOptions = {},
): string {
  return render(text, new Map(Object.entries(data).filter(([, value]) => value !== undefined)), {
    ...options,
    env: options.env ?? data,
  })
}

/**
 * Renders a template from what a command answers, as `-o` of Skaffold's commands does: its function `json`, and fields
 * that may be spelt as in Go, `.ImageName`, or as in JSON, `.imageName`.
 *
 * @param answer what JSON can say
 * @throws CONFIG_TEMPLATE_INVALID when it does not parse, a function fails, or a field is not there
 */
export function renderAnswer(text: string, answer: unknown): string {
  return render(text, fieldsOf(answer), { strict: true, env: {}, more: answerFunctions })
}

const answerFunctions: ReadonlyMap<string, TemplateFunction> = new Map(
  Object.entries(dataFunctions).flatMap(([name, run]) => (name === 'toJson' ? [['json', run] as const] : [])),
)

interface RenderOptions extends TemplateOptions {
  /** Functions that only these templates have. */
  readonly more?: ReadonlyMap<string, TemplateFunction>
}

function render(text: string, data: Value, { strict = false, env = {}, cmd, now, where, more }: RenderOptions): string {
  if (!text.includes('{{')) return text
  try {
    return evaluateTemplate(parseTemplate(text), {
      data,
      strict,
      findFunction: (name) => more?.get(name) ?? functions.get(name),
      explainMissing,
      call: createCall({ env, ...(cmd === undefined ? {} : { cmd }), ...(now === undefined ? {} : { now }) }),
    })
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    throw templateProblem(text, error, where)
  }
}

function fieldsOf(answer: unknown): Value {
  if (typeof answer === 'string' || typeof answer === 'number' || typeof answer === 'boolean') return answer
  if (Array.isArray(answer)) return answer.map(fieldsOf)
  if (typeof answer !== 'object' || answer === null) return null
  return new Fields(Object.entries(answer).map(([key, value]) => [key, fieldsOf(value)]))
}

/** Keys as JSON has them, also found by Go's names for them. */
class Fields extends Map<string, Value> {
  override get(key: string): Value {
    return super.get(jsonName(key)) ?? super.get(key)
  }

  override has(key: string): boolean {
    return super.has(jsonName(key)) || super.has(key)
  }
}

function jsonName(key: string): string {
  return key.slice(0, 1).toLowerCase() + key.slice(1)
}

function explainMissing(name: string): string {
  return missingFunctions.has(name)
    ? `the function \`${name}\` is valid in Skaffold, not supported by this version of catamaran`
    : `function "${name}" not defined`
}

function templateProblem(text: string, error: TemplateError, where: string | undefined): ToolError {
  const before = text.slice(0, Math.max(0, error.at)).split('\n')
  const place = `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`
  const shown = text.length > 200 ? `${text.slice(0, 200)}…` : text
  return new ToolError(
    'CONFIG_TEMPLATE_INVALID',
    `the template ${JSON.stringify(shown)} fails at ${place}: ${error.message}`,
    {
      ...(where === undefined ? {} : { where }),
      hint: error.message.startsWith('there is no value for')
        ? 'set that variable in the environment, or give a default: {{default "value" .NAME}}'
        : 'correct the template',
    },
  )
}

import {
  boolYaml11Tag,
  defineScalarTag,
  mapTag,
  mergeTag,
  NOT_RESOLVED,
  nullYaml11Tag,
  Schema,
  seqTag,
  strTag,
  type ScalarTagDefinition,
} from 'js-yaml'

const firstChars = '+-.0123456789'.split('')
const integerPattern = /^([-+]?)(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)$/
const floatPattern = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/

/**
 * Plain scalars as kubectl reads them, which is neither YAML 1.1 nor 1.2: `0644` and `0o644` are 420, `yes` is true,
 * `1_000` is 1000, `12:30` and dates are strings.
 * @see https://github.com/kubernetes-sigs/yaml (goyaml.v2/resolve.go)
 */
export const kubectlSchema: Schema = new Schema([
  strTag,
  seqTag,
  mapTag,
  mergeTag,
  nullYaml11Tag,
  boolYaml11Tag,
  numberTag('int', parseInteger),
  numberTag('float', (plain) => (floatPattern.test(plain) ? Number(plain) : undefined)),
])

function numberTag(name: 'int' | 'float', parse: (plain: string) => number | undefined): ScalarTagDefinition<number> {
  return defineScalarTag(`tag:yaml.org,2002:${name}`, {
    implicit: true,
    implicitFirstChars: firstChars,
    resolve: (source) => parse(source.replaceAll('_', '')) ?? NOT_RESOLVED,
    identify: () => false,
  })
}

function parseInteger(plain: string): number | undefined {
  const match = integerPattern.exec(plain)
  if (match === null) return undefined
  const [, sign = '', digits = ''] = match
  const value = Number(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits)
  return sign === '-' && value !== 0 ? -value : value
}

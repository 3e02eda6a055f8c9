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
import { parseFloating, parseInteger } from './quick/plain.ts'

const firstChars = '+-.0123456789'.split('')

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
  numberTag('float', parseFloating),
])

function numberTag(name: 'int' | 'float', parse: (plain: string) => number | undefined): ScalarTagDefinition<number> {
  return defineScalarTag(`tag:yaml.org,2002:${name}`, {
    implicit: true,
    implicitFirstChars: firstChars,
    resolve: (source) => parse(source.replaceAll('_', '')) ?? NOT_RESOLVED,
    identify: () => false,
  })
}

// @ts-check
// Documents out of the keys that a reader knows, with values of every wrong type.
import fc from 'fast-check'
import { configVersions, jsonSchemaOf, newestVersion } from '../../dist/config/index.js'

const oddities = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e21,
  '',
  ' ',
  'a',
  'a/b',
  'linux/amd64',
  '{{.A}}',
  '{{',
  '/x/y',
  '../z',
  'a=b',
  '1h',
]
const scalar = fc.oneof(
  fc.constantFrom(...oddities, '*', '**/*', '!x', '-'),
  fc.string({ maxLength: 12 }),
  fc.integer(),
)
const podKeys = [
  'metadata',
  'name',
  'labels',
  'annotations',
  'spec',
  'template',
  'containers',
  'initContainers',
  'image',
  'command',
]
const placementKeys = [
  'args',
  'env',
  'affinity',
  'nodeAffinity',
  'requiredDuringSchedulingIgnoredDuringExecution',
  'nodeSelectorTerms',
]
const otherKeys = [
  'matchExpressions',
  'key',
  'operator',
  'values',
  'nodeSelector',
  'tolerations',
  'items',
  'jobTemplate',
  '__proto__',
]
const sections = [
  'build',
  'test',
  'manifests',
  'deploy',
  'portForward',
  'profiles',
  'requires',
  'verify',
  'customActions',
]

const configValue = valueOf(keysOf(jsonSchemaOf(newestVersion)))
const config = fc
  .record(
    {
      apiVersion: fc.oneof(fc.constant(newestVersion), fc.constantFrom(...configVersions), scalar),
      kind: fc.constant('Config'),
      ...Object.fromEntries(sections.map((key) => [key, configValue])),
    },
    { requiredKeys: ['apiVersion', 'kind'] },
  )
  .map(asYaml)

const podValue = valueOf([...podKeys, ...placementKeys, ...otherKeys, 'kubernetes.io/arch'])
const manifest = fc
  .record(
    {
      apiVersion: fc.oneof(fc.constantFrom('v1', 'apps/v1', 'batch/v1'), scalar),
      kind: fc.oneof(fc.constantFrom('Pod', 'Deployment', 'CronJob', 'List', 'Service'), scalar),
      metadata: fc.oneof(fc.record({ name: scalar }), podValue),
      spec: podValue,
      items: podValue,
    },
    { requiredKeys: ['apiVersion', 'kind'] },
  )
  .map(asYaml)

/** @type {Readonly<Record<string, fc.Arbitrary<string>>>} */
export const madeUp = { 'skaffold.yaml': config, manifest, init: fc.oneof(manifest, config) }

/** @param {readonly string[]} keys @returns {fc.Arbitrary<unknown>} */
function valueOf(keys) {
  const key = fc.constantFrom(...keys)
  const { value } = fc.letrec((/** @type {fc.LetrecLooselyTypedTie} */ tie) => ({
    value: fc.oneof(
      { maxDepth: 6, depthSize: 'small' },
      { arbitrary: scalar, weight: 3 },
      { arbitrary: fc.array(tie('value'), { maxLength: 3 }), weight: 1 },
      { arbitrary: fc.dictionary(key, tie('value'), { maxKeys: 4 }), weight: 3 },
    ),
  }))
  return value ?? fc.constant(null)
}

/** JSON is YAML; one level of block style looks more like what people write. @param {object} value */
function asYaml(value) {
  return Object.entries(value)
    .map(([key, member]) => `${JSON.stringify(key)}: ${JSON.stringify(member)}\n`)
    .join('')
}

/** @param {unknown} schema @returns {string[]} */
function keysOf(schema) {
  /** @type {Set<string>} */
  const found = new Set()
  const visit = (/** @type {unknown} */ value) => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, member] of Object.entries(value)) {
      if (key === 'properties') for (const name of Object.keys(member)) found.add(name)
      visit(member)
    }
  }
  visit(schema)
  return [...found]
}

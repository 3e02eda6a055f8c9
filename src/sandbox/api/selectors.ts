import { isJsonObject, type JsonObject } from '../store/index.ts'
import { badRequest } from './status.ts'
import type { ApiResource } from './schema/resources.ts'

export type Selection = (object: JsonObject) => boolean

/** The objects that `labelSelector` asks for. Throws a 400 for one that does not parse. */
export function parseLabelSelector(text: string): Selection {
  const requirements = splitTopLevel(text).map(parseRequirement)
  return (object) => {
    const metadata = isJsonObject(object['metadata']) ? object['metadata'] : {}
    const labels = isJsonObject(metadata['labels']) ? metadata['labels'] : {}
    return requirements.every((requirement) => requirement(labels))
  }
}

type Requirement = (labels: JsonObject) => boolean

/** Commas separate requirements, except those between parentheses. */
function splitTopLevel(text: string): readonly string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

const setBased = /^(\S+)\s+(\S+)\s*\(([^)]*)\)$/
const equalityBased = /^([^\s!=]+)\s*(==|=|!=)\s*(\S*)$/
const comparison = /^([^\s<>]+)\s*([<>])\s*(-?\d+)$/
const existence = /^(!?)\s*([A-Za-z0-9][-A-Za-z0-9_./]*)$/

function parseRequirement(text: string): Requirement {
  const equality = equalityBased.exec(text)
  if (equality !== null) {
    const [, key = '', operator, value = ''] = equality
    return operator === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value
  }
  const compared = comparison.exec(text)
  if (compared !== null) {
    const [, key = '', operator, bound] = compared
    return (labels) => (operator === '<' ? Number(labels[key]) < Number(bound) : Number(labels[key]) > Number(bound))
  }
  const set = setBased.exec(text)
  if (set !== null) return parseSet(set)
  const exists = existence.exec(text)
  if (exists === null) throw badRequest(`unable to parse requirement: ${text}`)
  const [, negation, key = ''] = exists
  return negation === '!' ? (labels) => !Object.hasOwn(labels, key) : (labels) => Object.hasOwn(labels, key)
}

function parseSet([, key = '', operator = '', list = '']: RegExpExecArray): Requirement {
  const values = list.split(',').map((value) => value.trim())
  if (operator === 'in') return (labels) => Object.hasOwn(labels, key) && values.includes(String(labels[key]))
  if (operator === 'notin') return (labels) => !Object.hasOwn(labels, key) || !values.includes(String(labels[key]))
  throw badRequest(`unable to parse requirement: found '${operator}', expected: in, notin, =, ==, !=, gt, lt`)
}

/** Fields beyond name and namespace that a resource can be selected by. */
const selectableFields: Readonly<Record<string, readonly string[]>> = {
  nodes: ['spec.unschedulable'],
  pods: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  events: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  namespaces: ['status.phase'],
  secrets: ['type'],
  services: ['spec.clusterIP', 'spec.type'],
  jobs: ['status.successful'],
  replicasets: ['status.replicas'],
  replicationcontrollers: ['status.replicas'],
  certificatesigningrequests: ['spec.signerName'],
}

/** The objects that `fieldSelector` asks for. Throws a 400 for a field that the resource cannot be selected by. */
export function parseFieldSelector(text: string, { resource }: Pick<ApiResource, 'resource'>): Selection {
  const requirements = text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => parseField(part, resource))
  return (object) => requirements.every((requirement) => requirement(object))
}

function parseField(text: string, resource: string): Selection {
  const [, path = '', operator, value = ''] = /^([^=!]+)(==|=|!=)(.*)$/.exec(text) ?? []
  if (operator === undefined) {
    throw badRequest(`invalid selector: '${text}'; can't understand '${text}'`)
  }
  const known = ['metadata.name', 'metadata.namespace', ...(selectableFields[resource] ?? [])]
  if (!known.includes(path)) throw badRequest(`field label not supported: ${path}`)
  return (object) => (readField(object, path) === value) === (operator !== '!=')
}

function readField(object: JsonObject, path: string): string {
  if (path === 'source') return readField(object, 'source.component')
  let value: unknown = object
  for (const member of path.split('.')) value = isJsonObject(value) ? value[member] : undefined
  if (value === undefined || value === null) return path === 'spec.unschedulable' ? 'false' : ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

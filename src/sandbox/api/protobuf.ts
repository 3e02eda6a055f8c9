import type { JsonObject } from '../store/index.ts'

/**
 * The messages that kubectl and helm send in protobuf only, in the notation of the schema definitions with field numbers
 * before the names. `{…}` is a map, `[…]` repeats, a `count` of 0 is none. Numbers: generated.proto of Kubernetes API v1.36.
 */
const messageTable = `
ObjectMeta 1=name:string 2=generateName:string 3=namespace:string 11=labels:{string} 12=annotations:{string}
ConfigMap 1=metadata:ObjectMeta 2=data:{string} 3=binaryData:{bytes} 4=immutable:boolean
Namespace 1=metadata:ObjectMeta
TokenRequest 1=metadata:ObjectMeta 2=spec:TokenRequestSpec
TokenRequestSpec 1=audiences:[string] 4=expirationSeconds:number
Secret 1=metadata:ObjectMeta 2=data:{bytes} 3=type:string 4=stringData:{string} 5=immutable:boolean
ServiceAccount 1=metadata:ObjectMeta
Service 1=metadata:ObjectMeta 2=spec:ServiceSpec
ServiceSpec 1=ports:[ServicePort] 2=selector:{string} 3=clusterIP:string 4=type:string 10=externalName:string
ServicePort 1=name:string 2=protocol:string 3=port:count 4=targetPort:IntOrString 5=nodePort:count
IntOrString 1=type:number 2=intVal:number 3=strVal:string
Deployment 1=metadata:ObjectMeta 2=spec:DeploymentSpec
DeploymentSpec 1=replicas:number 2=selector:LabelSelector 3=template:PodTemplateSpec
Job 1=metadata:ObjectMeta 2=spec:JobSpec
JobSpec 1=parallelism:number 2=completions:number 6=template:PodTemplateSpec 7=backoffLimit:number
LabelSelector 1=matchLabels:{string}
PodTemplateSpec 1=metadata:ObjectMeta 2=spec:PodSpec
PodSpec 2=containers:[Container] 3=restartPolicy:string
Container 1=name:string 2=image:string 3=command:[string] 4=args:[string] 6=ports:[ContainerPort]
ContainerPort 1=name:string 3=containerPort:count 4=protocol:string
SelfSubjectReview 1=metadata:ObjectMeta
SelfSubjectAccessReview 1=metadata:ObjectMeta 2=spec:SelfSubjectAccessReviewSpec
SelfSubjectAccessReviewSpec 1=resourceAttributes:ResourceAttributes 2=nonResourceAttributes:NonResourceAttributes
ResourceAttributes 1=namespace:string 2=verb:string 3=group:string 4=version:string 5=resource:string 6=subresource:string 7=name:string
NonResourceAttributes 1=path:string 2=verb:string
DeleteOptions 1=gracePeriodSeconds:number 2=preconditions:Preconditions 3=orphanDependents:boolean 4=propagationPolicy:string 5=dryRun:[string]
Preconditions 1=uid:string 2=resourceVersion:string
Unknown 1=typeMeta:TypeMeta 2=raw:bytes
TypeMeta 1=apiVersion:string 2=kind:string
`

interface Field {
  readonly name: string
  /** `{string}`, `[Container]`, `number` … */
  readonly type: string
}

const messages: ReadonlyMap<string, ReadonlyMap<number, Field>> = new Map(
  messageTable
    .split('\n')
    .filter((row) => row !== '')
    .map((row) => {
      const [name = '', ...fields] = row.split(' ')
      return [name, new Map(fields.map(parseField))]
    }),
)

function parseField(text: string): [number, Field] {
  const [, number = '', name = '', type = ''] = /^(\d+)=(\w+):(.+)$/.exec(text) ?? []
  return [Number(number), { name, type }]
}

const magic = Buffer.from('k8s\0')

/**
 * An object that a client sent in Kubernetes' protobuf envelope; undefined when it is of a kind, or uses a field, that is
 * not known here: nothing is dropped silently.
 */
export function decodeProtobuf(bytes: Buffer): JsonObject | undefined {
  if (!bytes.subarray(0, magic.length).equals(magic)) return undefined
  try {
    const { typeMeta, raw = '' } = readMessage('Unknown', bytes.subarray(magic.length))
    const { apiVersion, kind } = typeMeta as { apiVersion?: string; kind?: string }
    if (kind === undefined || !messages.has(kind)) return undefined
    return { apiVersion, kind, ...readMessage(kind, Buffer.from(String(raw), 'base64')) }
  } catch (error) {
    if (error instanceof UnknownPart) return undefined
    throw error
  }
}

/** Ends the reading of what cannot be read in full. */
class UnknownPart extends Error {}

function readMessage(type: string, bytes: Buffer): Record<string, unknown> {
  const fields = messages.get(type)
  const result: Record<string, unknown> = {}
  for (const { number, value } of readParts(bytes)) {
    const field = fields?.get(number)
    if (field !== undefined) put(result, field, value)
    else if (!isHollow(value)) throw new UnknownPart()
  }
  return result
}

/** Go sends empty members too: what holds nothing but such is nothing. */
function isHollow(value: number | Buffer): boolean {
  if (typeof value === 'number') return value === 0
  return value.length === 0 || [...readParts(value)].every((part) => isHollow(part.value))
}

interface Part {
  readonly number: number
  readonly value: number | Buffer
}

/** @yields the fields of a message, as they come */
function* readParts(bytes: Buffer): Generator<Part, void, void> {
  for (let at = 0; at < bytes.length;) {
    const [tag, afterTag] = readVarint(bytes, at)
    const [first, afterFirst] = readVarint(bytes, afterTag)
    const number = Math.floor(tag / 8)
    if (tag % 8 === 0) {
      at = afterFirst
      yield { number, value: first }
    } else if (tag % 8 === 2 && afterFirst + first <= bytes.length) {
      at = afterFirst + first
      yield { number, value: bytes.subarray(afterFirst, at) }
    } else {
      throw new UnknownPart()
    }
  }
}

function readVarint(bytes: Buffer, start: number): readonly [value: number, end: number] {
  let value = 0
  for (let at = start, factor = 1; at < bytes.length; at += 1, factor *= 0x80) {
    const byte = bytes[at] ?? 0
    value += (byte & 0x7f) * factor
    if (byte < 0x80) return [value, at + 1]
  }
  throw new UnknownPart()
}

function put(result: Record<string, unknown>, { name, type }: Field, value: number | Buffer): void {
  if (type.startsWith('[')) {
    const items = (result[name] ??= []) as unknown[]
    items.push(readValue(type.slice(1, -1), value))
  } else if (type.startsWith('{')) {
    const [key, item] = readEntry(type.slice(1, -1), value)
    result[name] = { ...(result[name] as object | undefined), [key]: item }
  } else if (type !== 'count' || value !== 0) {
    const read = readValue(type, value)
    if (read !== '') result[name] = read
  }
}

function readEntry(type: string, value: number | Buffer): readonly [string, unknown] {
  if (typeof value === 'number') throw new UnknownPart()
  const parts = [...readParts(value)]
  const key = parts.find(({ number }) => number === 1)?.value ?? Buffer.of()
  const item = parts.find(({ number }) => number === 2)?.value ?? Buffer.of()
  return [String(readValue('string', key)), readValue(type, item)]
}

function readValue(type: string, value: number | Buffer): unknown {
  if (['number', 'count', 'boolean'].includes(type)) {
    if (typeof value !== 'number') throw new UnknownPart()
    return type === 'boolean' ? value !== 0 : value
  }
  if (typeof value === 'number') throw new UnknownPart()
  if (type === 'string') return value.toString('utf8')
  if (type === 'bytes') return value.toString('base64')
  const message = readMessage(type, value)
  return type === 'IntOrString' ? intOrString(message) : message
}

function intOrString({ type, intVal, strVal }: JsonObject): unknown {
  return type === 1 ? strVal : (intVal ?? 0)
}

import type { JsonObject } from './store/index.ts'

/** The levels of the Pod Security Standards that forbid something. */
export type SecurityLevel = 'baseline' | 'restricted'

/** What namespaces say: who refuses, and who only warns. */
export type SecurityMode = 'enforce' | 'warn'

interface Labelled {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> }
}

/**
 * What a pod spec violates of what its namespace demands, in the words of the admission plugin: `PodSecurity
 * "restricted:latest": …`; undefined when it is allowed.
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export function securityViolation(
  namespace: Labelled | undefined,
  mode: SecurityMode,
  podSpec: JsonObject,
): string | undefined {
  const labels = namespace?.metadata.labels ?? {}
  const level = labels[`pod-security.kubernetes.io/${mode}`]
  if (level !== 'baseline' && level !== 'restricted') return undefined
  const version = labels[`pod-security.kubernetes.io/${mode}-version`] ?? 'latest'
  const found = checksOf(level).flatMap((check) => check(asPod(podSpec)))
  return found.length === 0 ? undefined : `PodSecurity "${level}:${version}": ${found.join(', ')}`
}

interface SecuredContainer {
  readonly name: string
  readonly ports: readonly number[]
  readonly context: JsonObject
}

interface SecuredPod {
  readonly spec: JsonObject
  readonly context: JsonObject
  readonly containers: readonly SecuredContainer[]
  readonly volumes: readonly JsonObject[]
}

type SecurityCheck = (pod: SecuredPod) => readonly string[]

function asPod(spec: JsonObject): SecuredPod {
  const containers = ['initContainers', 'containers', 'ephemeralContainers'].flatMap((name) => listIn(spec, name))
  return {
    spec,
    context: mapIn(spec, 'securityContext'),
    containers: containers.map((container) => ({
      name: String(container['name']),
      ports: listIn(container, 'ports').flatMap(({ hostPort }) => (Number(hostPort) > 0 ? [Number(hostPort)] : [])),
      context: mapIn(container, 'securityContext'),
    })),
    volumes: listIn(spec, 'volumes'),
  }
}

function listIn(object: JsonObject, name: string): readonly JsonObject[] {
  const value = object[name]
  return Array.isArray(value) ? (value as readonly JsonObject[]) : []
}

function mapIn(object: JsonObject, name: string): JsonObject {
  const value = object[name]
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
}

/** In the order in which the plugin lists them: that of the checks' names. */
function checksOf(level: SecurityLevel): readonly SecurityCheck[] {
  return level === 'baseline'
    ? [baselineCapabilities, hostNamespaces, hostPathVolumes, hostPorts, privileged, unconfined]
    : [
        privilegeEscalation,
        restrictedCapabilities,
        hostNamespaces,
        hostPorts,
        privileged,
        restrictedVolumes,
        nonRoot,
        rootUser,
        seccompProfile,
      ]
}

const baselineAdded = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  ),
)

const baselineCapabilities: SecurityCheck = ({ containers }) =>
  violation('non-default capabilities', addedTexts(containers, baselineAdded))

const restrictedCapabilities: SecurityCheck = ({ containers }) => {
  const keeping = containers.filter(({ context }) => !capabilities(context, 'drop').includes('ALL'))
  const drop = named(keeping, ' must set securityContext.capabilities.drop=["ALL"]')
  return violation('unrestricted capabilities', [...drop, ...addedTexts(containers, new Set(['NET_BIND_SERVICE']))])
}

function addedTexts(containers: readonly SecuredContainer[], allowed: ReadonlySet<string>): readonly string[] {
  const adding = containers.filter(({ context }) => capabilities(context, 'add').some((one) => !allowed.has(one)))
  const added = adding.flatMap(({ context }) => capabilities(context, 'add').filter((one) => !allowed.has(one)))
  const list = quoted([...new Set(added)].toSorted())
  return named(adding, ` must not include ${list} in securityContext.capabilities.add`)
}

function capabilities(context: JsonObject, which: 'add' | 'drop'): readonly string[] {
  const list = mapIn(context, 'capabilities')[which]
  return Array.isArray(list) ? list.map(String) : []
}

const hostNamespaces: SecurityCheck = ({ spec }) => {
  const used = ['hostNetwork', 'hostPID', 'hostIPC'].filter((name) => spec[name] === true)
  return violation(
    'host namespaces',
    used.map((name) => `${name}=true`),
    ', ',
  )
}

const hostPathVolumes: SecurityCheck = ({ volumes }) => {
  const names = volumes.filter((volume) => volume['hostPath'] !== undefined).map(({ name }) => String(name))
  return violation('hostPath volumes', names.length === 0 ? [] : [`${plural('volume', names)} ${quoted(names)}`])
}

const hostPorts: SecurityCheck = ({ containers }) => {
  const using = containers.filter(({ ports }) => ports.length > 0)
  const ports = [...new Set(using.flatMap((container) => container.ports))].toSorted((one, other) => one - other)
  const uses = using.length === 1 ? 'uses' : 'use'
  return violation('hostPort', named(using, ` ${uses} ${plural('hostPort', ports)} ${ports.join(', ')}`))
}

const privileged: SecurityCheck = ({ containers }) => {
  const found = containers.filter(({ context }) => context['privileged'] === true)
  return violation('privileged', named(found, ' must not set securityContext.privileged=true'))
}

const unconfined: SecurityCheck = ({ context, containers }) => {
  const isUnconfined = (one: JsonObject): boolean => mapIn(one, 'seccompProfile')['type'] === 'Unconfined'
  const found = containers.filter((container) => isUnconfined(container.context))
  const text = ' must not set securityContext.seccompProfile.type to "Unconfined"'
  return violation('seccompProfile', [...(isUnconfined(context) ? [`pod${text}`] : []), ...named(found, text)])
}

const privilegeEscalation: SecurityCheck = ({ containers }) => {
  const found = containers.filter(({ context }) => context['allowPrivilegeEscalation'] !== false)
  const texts = named(found, ' must set securityContext.allowPrivilegeEscalation=false')
  return violation('allowPrivilegeEscalation != false', texts)
}

const allowedVolumes = new Set(
  'configMap csi downwardAPI emptyDir ephemeral image persistentVolumeClaim projected secret'.split(' '),
)

const restrictedVolumes: SecurityCheck = ({ volumes }) => {
  const found = volumes.flatMap((volume) =>
    Object.keys(volume)
      .filter((key) => key !== 'name' && !allowedVolumes.has(key))
      .map((type) => ({ name: String(volume['name']), type })),
  )
  const names = found.map(({ name }) => name)
  const types = [...new Set(found.map(({ type }) => type))].toSorted()
  const uses = names.length === 1 ? 'uses' : 'use'
  const text = `${plural('volume', names)} ${quoted(names)} ${uses} ${plural('restricted volume type', types)} ${quoted(types)}`
  return violation('restricted volume types', names.length === 0 ? [] : [text])
}

const nonRoot: SecurityCheck = ({ context, containers }) => {
  const refusing = containers.filter((container) => container.context['runAsNonRoot'] === false)
  const silent = containers.filter((container) => container.context['runAsNonRoot'] === undefined)
  const isSaid = context['runAsNonRoot'] === true
  const texts = [
    ...(context['runAsNonRoot'] === false && silent.length > 0
      ? ['pod must not set securityContext.runAsNonRoot=false']
      : []),
    ...named(refusing, ' must not set securityContext.runAsNonRoot=false'),
  ]
  if (texts.length > 0) return violation('runAsNonRoot != true', texts)
  return violation('runAsNonRoot != true', isSaid ? [] : podOr(silent, ' must set securityContext.runAsNonRoot=true'))
}

const rootUser: SecurityCheck = ({ context, containers }) => {
  const found = containers.filter((container) => container.context['runAsUser'] === 0)
  const pod = context['runAsUser'] === 0 ? ['pod must not set runAsUser=0'] : []
  return violation('runAsUser=0', [...pod, ...named(found, ' must not set runAsUser=0')])
}

const seccompProfile: SecurityCheck = ({ context, containers }) => {
  const typeOf = (one: JsonObject): unknown => mapIn(one, 'seccompProfile')['type']
  const isGood = (type: unknown): boolean => type === 'RuntimeDefault' || type === 'Localhost'
  const lacking = containers.filter((container) => typeOf(container.context) === undefined)
  const bad = containers.filter(
    (container) => typeOf(container.context) !== undefined && !isGood(typeOf(container.context)),
  )
  const texts = named(bad, ` must not set securityContext.seccompProfile.type to "Unconfined"`)
  const must = ' must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
  return violation('seccompProfile', [...texts, ...(isGood(typeOf(context)) ? [] : podOr(lacking, must))])
}

function violation(reason: string, details: readonly string[], separator = '; '): readonly string[] {
  return details.length === 0 ? [] : [`${reason} (${details.join(separator)})`]
}

function named(containers: readonly SecuredContainer[], text: string): readonly string[] {
  const names = containers.map(({ name }) => name)
  return names.length === 0 ? [] : [`${plural('container', names)} ${quoted(names)}${text}`]
}

function podOr(containers: readonly SecuredContainer[], text: string): readonly string[] {
  return named(containers, text).map((detail) => `pod or ${detail}`)
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ')
}

function plural(word: string, items: readonly unknown[]): string {
  return items.length === 1 ? word : `${word}s`
}

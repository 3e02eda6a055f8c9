import type { JsonObject } from '../../store/index.ts'
import { isJsonObject } from '../../store/index.ts'
import { list, member, shown, text } from '../catalog.ts'
import { duplicateValue, invalidValue, requiredValue, unsupportedValue, type FieldProblem } from '../status.ts'
import { checkAffinity } from './affinity.ts'
import { checkLabelName, checkLabels, checkSubdomain } from './names.ts'
import { compareQuantities } from '../../quantity.ts'

/** What a real API server would refuse a pod spec for; the checks that matter to workloads, not all of them. */
export function checkPodSpec(spec: JsonObject, at: string): readonly FieldProblem[] {
  const volumes = list(spec['volumes'])
  const volumeNames = new Set(volumes.map((volume) => volume['name']))
  const containers = list(spec['containers'])
  const inits = list(spec['initContainers'])
  return [
    ...checkVolumes(volumes, `${at}.volumes`),
    ...(containers.length === 0 ? [requiredValue(`${at}.containers`)] : []),
    ...containers.flatMap((one, index) => checkContainer(one, `${at}.containers[${index}]`, volumeNames)),
    ...checkUnique(containers, `${at}.containers`),
    ...inits.flatMap((one, index) => checkContainer(one, `${at}.initContainers[${index}]`, volumeNames)),
    ...checkUnique(inits, `${at}.initContainers`, new Set(containers.map(({ name }) => name))),
    ...checkChoice(spec['restartPolicy'], `${at}.restartPolicy`, ['Always', 'OnFailure', 'Never']),
    ...checkChoice(spec['dnsPolicy'], `${at}.dnsPolicy`, [
      'ClusterFirstWithHostNet',
      'ClusterFirst',
      'Default',
      'None',
    ]),
    ...checkLabels(`${at}.nodeSelector`, member(spec, 'nodeSelector')),
    ...checkNodeName(spec, at),
    ...list(spec['tolerations']).flatMap((one, index) => checkToleration(one, `${at}.tolerations[${index}]`)),
    ...checkAffinity(member(spec, 'affinity'), `${at}.affinity`),
  ]
}

function checkNodeName(spec: JsonObject, at: string): readonly FieldProblem[] {
  return text(spec['nodeName']) === '' ? [] : checkSubdomain(`${at}.nodeName`, text(spec['nodeName']))
}

function checkVolumes(volumes: readonly JsonObject[], at: string): readonly FieldProblem[] {
  const problems = volumes.flatMap((volume, index) =>
    text(volume['name']) === ''
      ? [requiredValue(`${at}[${index}].name`)]
      : checkLabelName(`${at}[${index}].name`, text(volume['name'])),
  )
  return [...problems, ...checkUnique(volumes, at)]
}

function checkUnique(items: readonly JsonObject[], at: string, taken = new Set<unknown>()): readonly FieldProblem[] {
  const seen = new Set<unknown>(taken)
  return items.flatMap(({ name }, index) => {
    const isDuplicate = seen.has(name)
    seen.add(name)
    return isDuplicate ? [duplicateValue(`${at}[${index}].name`, name)] : []
  })
}

function checkContainer(container: JsonObject, at: string, volumes: ReadonlySet<unknown>): readonly FieldProblem[] {
  const name = text(container['name'])
  const image = container['image']
  return [
    ...(name === '' ? [requiredValue(`${at}.name`)] : checkLabelName(`${at}.name`, name)),
    ...(text(image) === '' ? [requiredValue(`${at}.image`)] : checkImageText(text(image), at)),
    ...checkPorts(list(container['ports']), `${at}.ports`),
    ...checkEnvironment(list(container['env']), `${at}.env`),
    ...checkMounts(list(container['volumeMounts']), `${at}.volumeMounts`, volumes),
    ...checkChoice(container['imagePullPolicy'], `${at}.imagePullPolicy`, ['Always', 'IfNotPresent', 'Never']),
    ...checkResources(member(container, 'resources'), `${at}.resources`),
  ]
}

function checkImageText(image: string, at: string): readonly FieldProblem[] {
  return image.trim() === image
    ? []
    : [invalidValue(`${at}.image`, image, 'must not have leading or trailing whitespace')]
}

function checkPorts(ports: readonly JsonObject[], at: string): readonly FieldProblem[] {
  return ports.flatMap((port, index) => [
    ...checkPort(port['containerPort'], `${at}[${index}].containerPort`),
    ...checkChoice(port['protocol'], `${at}[${index}].protocol`, ['SCTP', 'TCP', 'UDP']),
  ])
}

/** A port number between 1 and 65535. */
export function checkPort(port: unknown, field: string): readonly FieldProblem[] {
  if (port === undefined || port === 0) return [requiredValue(field)]
  if (typeof port === 'number' && port > 0 && port < 65_536) return []
  return [invalidValue(field, port, 'must be between 1 and 65535, inclusive')]
}

function checkEnvironment(variables: readonly JsonObject[], at: string): readonly FieldProblem[] {
  return variables.flatMap((variable, index) => {
    if (text(variable['name']) === '') return [requiredValue(`${at}[${index}].name`)]
    const hasBoth = text(variable['value']) !== '' && isJsonObject(variable['valueFrom'])
    return hasBoth
      ? [invalidValue(`${at}[${index}].valueFrom`, '', 'may not be specified when `value` is not empty')]
      : []
  })
}

function checkMounts(
  mounts: readonly JsonObject[],
  at: string,
  volumes: ReadonlySet<unknown>,
): readonly FieldProblem[] {
  const paths = new Set<unknown>()
  return mounts.flatMap((mount, index) => {
    const problems: FieldProblem[] = []
    const { name, mountPath } = mount
    if (text(name) === '') problems.push(requiredValue(`${at}[${index}].name`))
    else if (!volumes.has(name)) problems.push(notFoundValue(`${at}[${index}].name`, name))
    if (text(mountPath) === '') problems.push(requiredValue(`${at}[${index}].mountPath`))
    if (paths.has(mountPath)) problems.push(invalidValue(`${at}[${index}].mountPath`, mountPath, 'must be unique'))
    paths.add(mountPath)
    return problems
  })
}

function notFoundValue(field: string, value: unknown): FieldProblem {
  return { reason: 'FieldValueNotFound', message: `Not found: ${JSON.stringify(value)}`, field }
}

function checkChoice(value: unknown, field: string, choices: readonly string[]): readonly FieldProblem[] {
  return value === undefined || choices.includes(text(value)) ? [] : [unsupportedValue(field, value, choices)]
}

function checkResources(resources: JsonObject, at: string): readonly FieldProblem[] {
  const limits = member(resources, 'limits')
  return Object.entries(member(resources, 'requests')).flatMap(([name, request]) => {
    const limit = limits[name]
    if (limit === undefined || compareQuantities(shown(request), shown(limit)) <= 0) return []
    return [invalidValue(`${at}.requests`, request, `must be less than or equal to ${name} limit of ${shown(limit)}`)]
  })
}

function checkToleration(toleration: JsonObject, at: string): readonly FieldProblem[] {
  const { key, value } = toleration
  const operator = toleration['operator'] ?? 'Equal'
  if (text(key) === '' && operator !== 'Exists') {
    return [
      invalidValue(
        `${at}.operator`,
        operator,
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ),
    ]
  }
  if (operator === 'Exists' && text(value) !== '') {
    return [invalidValue(`${at}.operator`, toleration, "value must be empty when `operator` is 'Exists'")]
  }
  return [
    ...checkChoice(operator, `${at}.operator`, ['Equal', 'Exists']),
    ...checkChoice(toleration['effect'], `${at}.effect`, ['NoExecute', 'NoSchedule', 'PreferNoSchedule', '']),
  ]
}

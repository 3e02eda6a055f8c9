import type { JsonObject } from '../store/index.ts'
import { list, member, text } from './catalog.ts'
import { nameOf } from './metadata.ts'
import { badRequest } from './status.ts'

/** The container that is asked for, or the only one. Throws a 400 for one that is not there, or when there are several. */
export function containerOf(pod: JsonObject, asked: string): string {
  const spec = member(pod, 'spec')
  const names = (member: string): readonly string[] => list(spec[member]).map((one) => text(one['name']))
  const containers = names('containers')
  const all = [...containers, ...names('initContainers'), ...names('ephemeralContainers')]
  if (asked !== '') {
    if (all.includes(asked)) return asked
    throw badRequest(`container ${asked} is not valid for pod ${nameOf(pod)}`)
  }
  const [only] = containers
  if (containers.length === 1 && only !== undefined) return only
  const inits = names('initContainers')
  const more = inits.length > 0 ? ` or one of the init containers: [${inits.join(' ')}]` : ''
  throw badRequest(
    `a container name must be specified for pod ${nameOf(pod)}, choose one of: [${containers.join(' ')}]${more}`,
  )
}

import { ToolError } from '../errors/index.ts'
import type { Reference } from './reference.ts'

const dockerHub = 'docker.io'

const domainComponent = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const domain = new RegExp(
  String.raw`^(?:${domainComponent}(?:\.${domainComponent})*|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?$`,
)
const pathComponent = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const tagPattern = /^\w[\w.-]{0,127}$/
const digestPattern = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/

/**
 * Parses an image name as docker does: the first component is a registry when it holds a dot, a colon or an upper-case
 * letter or is `localhost`; without one it is Docker Hub, where a lone name is `library/name`.
 *
 * @throws REFERENCE_INVALID
 * @see https://github.com/distribution/reference (grammar)
 * @example parseReference('127.0.0.1:5000/team/app:1.2') // { registry: '127.0.0.1:5000', repository: 'team/app', tag: '1.2' }
 */
export function parseReference(text: string): Reference {
  const { name, tag, digest } = splitReference(text)
  const { registry, path } = splitDomain(name)
  if (!domain.test(registry)) throw invalid(text, `"${registry}" is not a registry host`)
  const repository = registry === dockerHub && !path.includes('/') ? `library/${path}` : path
  checkRepository(text, repository)
  if (registry.length + repository.length + 1 > 255) throw invalid(text, 'the name is longer than 255 characters')
  if (tag !== undefined && !tagPattern.test(tag)) throw invalid(text, `"${tag}" is not a tag`)
  if (digest !== undefined && !digestPattern.test(digest)) throw invalid(text, `"${digest}" is not a digest`)
  return { registry, repository, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) }
}

interface Parts {
  readonly name: string
  readonly tag: string | undefined
  readonly digest: string | undefined
}

function splitReference(text: string): Parts {
  const at = text.indexOf('@')
  const digest = at === -1 ? undefined : text.slice(at + 1)
  const rest = at === -1 ? text : text.slice(0, at)
  const colon = rest.indexOf(':', rest.lastIndexOf('/') + 1)
  const isPort = rest.startsWith('[') && !rest.includes('/')
  if (colon === -1 || isPort) return { name: rest, tag: undefined, digest }
  return { name: rest.slice(0, colon), tag: rest.slice(colon + 1), digest }
}

function splitDomain(name: string): { readonly registry: string; readonly path: string } {
  const slash = name.indexOf('/')
  const first = name.slice(0, slash)
  const isDomain = slash !== -1 && (/[.:\]]/.test(first) || first === 'localhost' || first !== first.toLowerCase())
  if (!isDomain) return { registry: dockerHub, path: name }
  return { registry: first === 'index.docker.io' ? dockerHub : first, path: name.slice(slash + 1) }
}

function checkRepository(text: string, repository: string): void {
  const wrong = repository.split('/').find((component) => !pathComponent.test(component))
  if (wrong === undefined) return
  const reason =
    wrong === ''
      ? 'a part of the name is empty'
      : `"${wrong}" may only hold lower-case letters, digits and single separators`
  throw invalid(text, wrong.toLowerCase() !== wrong ? 'repository name must be lowercase' : reason)
}

function invalid(text: string, reason: string): ToolError {
  return new ToolError('REFERENCE_INVALID', `invalid image reference "${text}": ${reason}`, {
    hint: 'write it as registry/repository:tag, for example registry.example.com/team/app:1.0',
  })
}

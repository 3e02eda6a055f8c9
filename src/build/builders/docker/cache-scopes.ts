import { platformTagSuffix, type Platform } from '../../../platform/index.ts'

/** What a cache is kept for. */
export interface CacheScope {
  /** `registry/repository`. */
  readonly repository: string
  readonly platform: Platform
}

/**
 * Where buildx writes the cache of one image and one platform, as its `--cache-to` wants it. Builds that wrote to one name
 * would take each other's cache away, so every name gets the image and the platform; `registry` and `local` alone choose
 * a name themselves.
 */
export function cacheTarget(wanted: string, scope: CacheScope): string {
  const ending = endingOf(scope)
  if (wanted === 'inline') return 'type=inline'
  if (wanted === 'registry') return `type=registry,ref=${scope.repository}:buildcache_${platformPart(scope)},mode=max`
  if (!wanted.includes('=')) return `type=registry,ref=${withTag(wanted, ending)},mode=max`
  const fields = wanted.split(',')
  const named = fields.map((field) => scoped(field, ending))
  if (!fields.includes('type=gha') || fields.some((field) => field.startsWith('scope='))) return named.join(',')
  return [...named, `scope=${ending}`].join(',')
}

/** Where it is read again; nothing for what stands in the image itself. */
export function cacheSource(target: string): string | undefined {
  if (/(?:^|,)type=inline(?:,|$)/.test(target)) return undefined
  const fields = target
    .split(',')
    .filter(
      (field) =>
        !/^(?:mode|compression[\w-]*|oci-mediatypes|image-manifest|ignore-error|force-compression|timeout)=/.test(
          field,
        ),
    )
  return fields.map((field) => field.replace(/^dest=/, 'src=')).join(',')
}

/** The repository of a cache in a registry, which is all that buildah wants to know; undefined for other caches. */
export function cacheRepository(text: string, { repository }: Pick<CacheScope, 'repository'>): string | undefined {
  if (text === 'inline') return undefined
  if (text === 'registry') return `${repository}/buildcache`
  if (!text.includes('=')) return withoutTag(text)
  if (!text.split(',').includes('type=registry')) return undefined
  const ref = /(?:^|,)ref=([^,]+)/.exec(text)?.[1]
  return ref === undefined ? undefined : withoutTag(ref)
}

function scoped(field: string, ending: string): string {
  const [, key = '', value = ''] = /^([^=]*)=(.*)$/.exec(field) ?? []
  if (key === 'ref') return `ref=${withTag(value, ending)}`
  if (key === 'dest') return `dest=${value.replace(/\/$/, '')}/${ending}`
  if (key === 'name' || key === 'scope') return `${key}=${value}_${ending}`
  return field
}

function withTag(ref: string, ending: string): string {
  const plain = ref.replace(/@.*$/, '')
  const repository = withoutTag(plain)
  const tag = plain.slice(repository.length + 1)
  return `${repository}:${tag === '' ? ending : `${tag}_${ending}`}`.slice(0, repository.length + 129)
}

function withoutTag(ref: string): string {
  const plain = ref.replace(/@.*$/, '')
  const colon = plain.indexOf(':', plain.lastIndexOf('/') + 1)
  return colon === -1 ? plain : plain.slice(0, colon)
}

function endingOf(scope: CacheScope): string {
  const name = scope.repository.slice(scope.repository.lastIndexOf('/') + 1)
  return `${name.replaceAll(/[^\w.-]/g, '-')}_${platformPart(scope)}`
}

function platformPart({ platform }: CacheScope): string {
  return platformTagSuffix(platform)
}

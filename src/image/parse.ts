import * as v from 'valibot'
import { ToolError } from '../errors/index.ts'
import { isImageType, isIndexType, mediaTypes } from './media-types.ts'
import type { ImageConfig, ImageManifest, IndexManifest } from './types.ts'
import { configSchema, indexSchema, manifestSchema, withoutNulls } from './wire.ts'

/** A manifest document: of one image, or an index of several. */
export type ParsedManifest =
  | { readonly kind: 'image'; readonly manifest: ImageManifest }
  | { readonly kind: 'index'; readonly index: IndexManifest }

/**
 * Reads a manifest, index, or Docker manifest list. What it is, is said by its `mediaType`; where it has none, by
 * `contentType` (what the registry or the descriptor said); where neither helps, by its shape.
 * @throws MANIFEST_INVALID
 */
export function parseManifest(bytes: Uint8Array, contentType?: string): ParsedManifest {
  const document = parseJson(bytes, 'MANIFEST_INVALID', 'the manifest')
  const mediaType = mediaTypeOf(document, contentType)
  if (isIndexType(mediaType)) {
    const index = check(indexSchema, document, { code: 'MANIFEST_INVALID', what: 'the index' })
    return { kind: 'index', index: { ...index, mediaType } }
  }
  const manifest = check(manifestSchema, document, { code: 'MANIFEST_INVALID', what: 'the manifest' })
  return { kind: 'image', manifest: { ...manifest, mediaType } }
}

/**
 * Reads an image configuration. Members of no specification are kept in the value.
 * @throws IMAGE_CONFIG_INVALID
 */
export function parseConfig(bytes: Uint8Array): ImageConfig {
  const document = parseJson(bytes, 'IMAGE_CONFIG_INVALID', 'the image configuration')
  return check(configSchema, document, { code: 'IMAGE_CONFIG_INVALID', what: 'the image configuration' })
}

/** The JSON object in the bytes, nulls left out. */
function parseJson(bytes: Uint8Array, code: Code, what: string): object {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw new ToolError(code, `${what} is not JSON`, { cause: error })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ToolError(code, `${what} is not a JSON object`)
  }
  return withoutNulls(value) as object
}

function mediaTypeOf(document: object, contentType: string | undefined): string {
  const own = 'mediaType' in document && typeof document.mediaType === 'string' ? document.mediaType : ''
  const told = contentType?.split(';')[0]?.trim() ?? ''
  if (isKnown(own)) return own
  if (own !== '') throw unsupported(own)
  return isKnown(told) ? told : typeByShape(document)
}

function typeByShape(document: object): string {
  if ('manifests' in document) return mediaTypes.oci.index
  if ('config' in document || 'layers' in document) return mediaTypes.oci.manifest
  if ('fsLayers' in document) throw unsupported('Docker schema 1')
  throw new ToolError('MANIFEST_INVALID', 'the manifest is neither an image manifest nor an index')
}

function isKnown(mediaType: string): boolean {
  return isImageType(mediaType) || isIndexType(mediaType)
}

function unsupported(mediaType: string): ToolError {
  return new ToolError('MANIFEST_INVALID', `manifests of type ${mediaType} are not supported`, {
    hint: 'push the image again with a current tool, as an OCI or Docker schema 2 image',
  })
}

type Code = 'MANIFEST_INVALID' | 'IMAGE_CONFIG_INVALID'

function check<T>(
  schema: v.GenericSchema<unknown, T>,
  document: unknown,
  { code, what }: { readonly code: Code; readonly what: string },
): T {
  const result = v.safeParse(schema, document, { abortEarly: true })
  if (result.success) return result.output
  const issue = result.issues[0]
  throw new ToolError(code, `${what} is not valid: ${v.getDotPath(issue) ?? 'document'}: ${issue.message}`)
}

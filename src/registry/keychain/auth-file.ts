import { readFile } from 'node:fs/promises'
import * as v from 'valibot'
import { ToolError } from '../../errors/index.ts'
import type { Credentials } from '../auth/credentials.ts'

/** What a file of credentials says. */
export interface AuthFile {
  /** Where it was read; for messages. */
  readonly path: string
  /** By key as written: a host, a URL of old, or, with podman, a host with a path. */
  readonly auths: Readonly<Record<string, Credentials>>
  /** Program by host. */
  readonly credHelpers: Readonly<Record<string, string>>
  /** Program for all others. */
  readonly credsStore?: string
}

const entrySchema = v.looseObject({
  auth: v.nullish(v.string()),
  username: v.nullish(v.string()),
  password: v.nullish(v.string()),
  identitytoken: v.nullish(v.string()),
  registrytoken: v.nullish(v.string()),
})

/** @see https://github.com/docker/cli/blob/master/cli/config/configfile/file.go */
const fileSchema = v.looseObject({
  auths: v.nullish(v.record(v.string(), v.nullable(entrySchema))),
  credHelpers: v.nullish(v.record(v.string(), v.string())),
  credsStore: v.nullish(v.string()),
})

/** `~/.dockercfg`, older still, is the `auths` alone. */
const legacyFileSchema = v.record(v.string(), v.nullable(entrySchema))

/**
 * Reads docker's `config.json` or podman's `auth.json`; undefined when there is no such file.
 * @throws FILE_UNREADABLE when it is there and cannot be understood
 */
export async function readAuthFile(path: string): Promise<AuthFile | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw unreadable(path, 'cannot be read', error)
  }
  return parseAuthFile(text, path)
}

/**
 * The credentials in the text of such a file, or in a pull secret's `.dockerconfigjson`.
 * @throws FILE_UNREADABLE
 */
export function parseAuthFile(text: string, path: string): AuthFile {
  const document = text.trim() === '' ? {} : parseJson(text, path)
  const isLegacy = path.endsWith('.dockercfg')
  const parsed = v.safeParse(fileSchema, isLegacy ? { auths: check(legacyFileSchema, document, path) } : document)
  if (!parsed.success) throw unreadable(path, `is not valid at ${v.getDotPath(parsed.issues[0]) ?? 'its top'}`)
  const { auths, credHelpers, credsStore } = parsed.output
  return {
    path,
    auths: Object.fromEntries(
      Object.entries(auths ?? {}).flatMap(([key, entry]) => {
        const credentials = entry === null ? undefined : credentialsOf(entry)
        return credentials === undefined ? [] : [[key, credentials]]
      }),
    ),
    credHelpers: credHelpers ?? {},
    ...(credsStore === null || credsStore === undefined || credsStore === '' ? {} : { credsStore }),
  }
}

/** Undefined for an empty entry, as docker writes it beside a credential store. */
function credentialsOf(entry: v.InferOutput<typeof entrySchema>): Credentials | undefined {
  const { username, password } = loginOf(entry)
  if (isFilled(entry.registrytoken)) return { kind: 'accessToken', token: entry.registrytoken }
  if (isFilled(entry.identitytoken)) return { kind: 'identityToken', username, token: entry.identitytoken }
  return username === '' && password === '' ? undefined : { kind: 'basic', username, password }
}

function loginOf(entry: v.InferOutput<typeof entrySchema>): { readonly username: string; readonly password: string } {
  const decoded = isFilled(entry.auth) ? Buffer.from(entry.auth, 'base64').toString('utf8') : ''
  const colon = decoded.indexOf(':')
  if (colon === -1) return { username: entry.username ?? '', password: entry.password ?? '' }
  // some tools pad what they encode with zeros
  return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1).replace(/\0+$/, '') }
}

function isFilled(text: string | null | undefined): text is string {
  return typeof text === 'string' && text !== ''
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw unreadable(path, 'is not JSON', error)
  }
}

function check<T>(schema: v.GenericSchema<unknown, T>, document: unknown, path: string): T {
  const parsed = v.safeParse(schema, document)
  if (parsed.success) return parsed.output
  throw unreadable(path, 'is not valid')
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}

function unreadable(path: string, why: string, cause?: unknown): ToolError {
  return new ToolError('FILE_UNREADABLE', `the file of registry credentials ${path} ${why}`, {
    hint: `mend or remove ${path}, then log in again`,
    ...(cause === undefined ? {} : { cause }),
  })
}

import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import { isToolError, ToolError } from '../../errors/index.ts'
import type { HttpClient } from '../../http/index.ts'
import type { RunProcess } from '../../subprocess/index.ts'
import type { GoogleEndpoints, TokenSource } from '../contract.ts'
import { given } from '../endpoints.ts'
import { credentialsSchema } from './schema.ts'
import { askForToken, loginHint } from './token-answer.ts'
import { tokenSourceOf } from './token-sources.ts'

/** What looking for credentials needs. */
export interface FindOutside {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly http: HttpClient
  readonly runProcess: RunProcess
  readonly endpoints: GoogleEndpoints
  readonly cwd: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/**
 * The application-default credentials, as Google's own libraries find them: a token in the environment, the file that
 * GOOGLE_APPLICATION_CREDENTIALS names, the one of `gcloud auth application-default login`, the machine's own in Google's
 * cloud; and last the account that gcloud is logged in with.
 * @see https://cloud.google.com/docs/authentication/application-default-credentials
 * @throws GOOGLE_CREDENTIALS_MISSING, GOOGLE_CREDENTIALS_INVALID, FILE_UNREADABLE
 */
export async function findCredentials(outside: FindOutside, signal?: AbortSignal): Promise<TokenSource> {
  const { env } = outside
  const token = given(env, 'CLOUDSDK_AUTH_ACCESS_TOKEN')
  if (token !== undefined) return { fetch: async () => ({ value: token, expiresAt: Number.POSITIVE_INFINITY }) }
  const named = given(env, 'GOOGLE_APPLICATION_CREDENTIALS')
  if (named !== undefined) return ofFile(named, outside)
  const usual = usualFile(env)
  const found = await ofFile(usual, outside).catch((error: unknown) => {
    if (isToolError(error, 'FILE_UNREADABLE')) return undefined
    throw error
  })
  return found ?? (await ofMachine(outside, signal)) ?? (await ofGcloud(outside, signal)) ?? missing(usual)
}

function usualFile(env: FindOutside['env']): string {
  const folder = given(env, 'CLOUDSDK_CONFIG') ?? join(given(env, 'HOME') ?? homedir(), '.config', 'gcloud')
  return join(folder, 'application_default_credentials.json')
}

function missing(usual: string): never {
  const places = `GOOGLE_APPLICATION_CREDENTIALS is not set, there is no ${usual}`
  const text = `there are no credentials for Google Cloud: ${places}, and gcloud is not logged in`
  throw new ToolError('GOOGLE_CREDENTIALS_MISSING', text, { hint: loginHint })
}

async function ofFile(file: string, { http, now, endpoints }: FindOutside): Promise<TokenSource> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ToolError('FILE_UNREADABLE', `cannot read the credentials ${file}`, {
      hint: `correct GOOGLE_APPLICATION_CREDENTIALS, or unset it and ${loginHint}`,
      cause: error,
    })
  })
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), credentialsSchema), text)
  if (parsed.success) return tokenSourceOf(parsed.output, { http, now, tokenUrl: endpoints.token, file })
  // the values are secrets: only where the mistake is may be told
  const place = parsed.issues[0].path?.map(({ key }) => String(key)).join('.') ?? ''
  throw new ToolError(
    'GOOGLE_CREDENTIALS_INVALID',
    `${file} holds no credentials that can be used${place === '' ? '' : `: see \`${place}\``}`,
    { hint: `use the key of a service account, or ${loginHint}` },
  )
}

const metadataHeaders = { 'metadata-flavor': 'Google' }

/** Undefined outside of Google's cloud, which is found out within a second. */
async function ofMachine(
  { env, http, now, endpoints }: FindOutside,
  signal?: AbortSignal,
): Promise<TokenSource | undefined> {
  if (given(env, 'NO_GCE_CHECK') !== undefined) return undefined
  if (given(env, 'GCE_METADATA_HOST') === undefined && !(await answers(http, endpoints.metadata))) return undefined
  signal?.throwIfAborted()
  const url = `${endpoints.metadata}/computeMetadata/v1/instance/service-accounts/default/token`
  return {
    fetch: async (asked) =>
      askForToken(
        {
          method: 'GET',
          url,
          headers: metadataHeaders,
          from: 'this machine',
          ...(asked === undefined ? {} : { signal: asked }),
        },
        { http, now },
      ),
  }
}

/** Anybody may answer to a name: only the metadata server answers with its header. */
async function answers(http: HttpClient, url: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(1000)
    const response = await http.request({ method: 'GET', url, headers: metadataHeaders, signal, isRepeatable: false })
    await response.discard()
    return response.headers['metadata-flavor'] === 'Google'
  } catch {
    return false
  }
}

/** Undefined when gcloud is not installed, or not logged in. Its tokens are good for an hour at most. */
async function ofGcloud(
  { env, runProcess, cwd, now }: FindOutside,
  signal?: AbortSignal,
): Promise<TokenSource | undefined> {
  const ask = async (asked?: AbortSignal): Promise<string | undefined> => {
    try {
      const outcome = await runProcess({
        command: 'gcloud',
        args: ['auth', 'print-access-token'],
        cwd,
        env: { ...env, CLOUDSDK_CORE_DISABLE_PROMPTS: '1' },
        ...(asked === undefined ? {} : { signal: asked }),
      })
      const token = outcome.stdout.trim()
      return outcome.status === 0 && token !== '' ? token : undefined
    } catch (error) {
      if (isToolError(error, 'PROGRAM_MISSING')) return undefined
      throw error
    }
  }
  let first = await ask(signal)
  if (first === undefined) return undefined
  return {
    fetch: async (asked) => {
      const value = first ?? (await ask(asked))
      first = undefined
      if (value !== undefined) return { value, expiresAt: now() + 10 * 60_000 }
      throw new ToolError('GOOGLE_CREDENTIALS_INVALID', 'gcloud gives no token any more', {
        hint: 'log in with "gcloud auth login"',
      })
    },
  }
}

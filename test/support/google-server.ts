import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAuth } from './google-auth.ts'
import { createBuildApi, type BuildApi, type BuildExecutor } from './google-builds.ts'
import { createRunApi, type RunApi } from './google-run.ts'
import { createStorageApi, type StorageApi } from './google-storage.ts'
import { refused, type GoogleAnswer, type GoogleApi, type GoogleRequest } from './google-wire.ts'

/** Plays Google's APIs: who asks has to be logged in, and what is sent has to be right. */
export interface GoogleServer {
  readonly url: string
  /** Points the command line here and logs it in. `CLOUDSDK_CONFIG` has to hold what {@link userFile} gives. */
  readonly env: Readonly<Record<string, string>>
  /** `METHOD /path` of every request that was let in. */
  readonly lines: string[]
  /** The projects that these were counted for. */
  readonly quotaProjects: (string | undefined)[]
  readonly storage: StorageApi
  readonly builds: BuildApi
  readonly run: RunApi
  /** `application_default_credentials.json` of a user. */
  readonly userFile: string
  /** The key of a service account. */
  readonly serviceAccountFile: string
  /** How many tokens were given. */
  tokens(): number
  /** No token that was given is good any more. */
  revokeTokens(): void
  /** No refresh token is good any more. */
  revokeLogin(): void
  /** The next requests whose `METHOD /path` matches are answered with this. */
  fail(pattern: RegExp, answer: GoogleAnswer, times?: number): void
  close(): Promise<void>
}

interface Fault {
  readonly pattern: RegExp
  readonly answer: GoogleAnswer
  left: number
}

/** Starts the server on a free port of loopback. */
export async function startGoogleServer(options: { readonly execute?: BuildExecutor } = {}): Promise<GoogleServer> {
  const lines: string[] = []
  const quotaProjects: (string | undefined)[] = []
  const faults: Fault[] = []
  const auth = createAuth()
  const storage = createStorageApi(() => url)
  const builds = createBuildApi(storage, options.execute)
  const run = createRunApi()
  const apis: readonly GoogleApi[] = [storage.handle, builds.handle, run.handle]
  const answer = async (request: GoogleRequest): Promise<GoogleAnswer> => {
    const line = `${request.method} ${request.url.pathname}${request.url.search}`
    const fault = faults.find(({ pattern, left }) => left > 0 && pattern.test(line))
    if (fault !== undefined) {
      fault.left -= 1
      return fault.answer
    }
    const own = await auth.handle(request)
    if (own !== undefined) return own
    lines.push(line)
    quotaProjects.push(request.headers['x-goog-user-project']?.toString())
    for (const api of apis) {
      const found = await api(request)
      if (found !== undefined) return found
    }
    return refused(404, 'NOT_FOUND', `nothing is at ${line}`)
  }
  const server = createServer((req, res) => void serve(req, res, answer))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  auth.tokenUrl = `${url}/token`
  return {
    url,
    env: {
      CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: `${url}/storage/v1/`,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDBUILD: `${url}/`,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN: `${url}/`,
      CLOUDSDK_AUTH_TOKEN_HOST: `${url}/token`,
      NO_GCE_CHECK: 'true',
    },
    lines,
    quotaProjects,
    storage,
    builds,
    run,
    userFile: JSON.stringify({
      type: 'authorized_user',
      client_id: 'id',
      client_secret: 'secret',
      refresh_token: 'refresh-1',
      quota_project_id: 'billed',
    }),
    serviceAccountFile: JSON.stringify({
      type: 'service_account',
      client_email: 'robot@proj.iam.gserviceaccount.com',
      private_key_id: 'k1',
      private_key: auth.privateKey,
      token_uri: `${url}/token`,
    }),
    tokens: () => auth.given.size,
    revokeTokens: () => auth.good.clear(),
    revokeLogin: () => auth.refresh.clear(),
    fail: (pattern, what, times = 1) => void faults.push({ pattern, answer: what, left: times }),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function serve(
  req: IncomingMessage,
  res: ServerResponse,
  answer: (request: GoogleRequest) => Promise<GoogleAnswer>,
): Promise<void> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of req) chunks.push(chunk as Buffer)
  } catch {
    return
  }
  const body = Buffer.concat(chunks)
  const url = new URL(req.url ?? '/', 'http://x')
  try {
    const {
      status = 200,
      headers = {},
      json,
      bytes,
      cut,
    } = await answer({
      method: req.method ?? '',
      url,
      headers: req.headers,
      body,
      json: () => JSON.parse(body.toString()) as unknown,
    })
    if (cut === true) {
      req.socket.destroy()
      return
    }
    const type = json === undefined ? {} : { 'content-type': 'application/json; charset=UTF-8' }
    res.writeHead(status, { ...type, ...headers }).end(json === undefined ? bytes : JSON.stringify(json))
  } catch (error) {
    res.writeHead(500).end(JSON.stringify({ error: { code: 500, message: String(error), status: 'INTERNAL' } }))
  }
}

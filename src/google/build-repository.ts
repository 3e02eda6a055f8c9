import * as v from 'valibot'
import { ToolError } from '../errors/index.ts'
import type { Google } from './contract.ts'

/** A repository that is connected to Cloud Build. */
export interface BuildRepository {
  readonly project: string
  readonly region: string
  readonly connection: string
  readonly repository: string
}

/** Where a connected repository is, and a token that lets it be read for about an hour. */
export interface RepositoryAccess {
  /** `https://…`, as git clone takes it. */
  readonly url: string
  readonly token: string
}

const repositorySchema = v.object({ remoteUri: v.pipe(v.string(), v.startsWith('http')) })
const tokenSchema = v.object({ token: v.pipe(v.string(), v.minLength(1)) })

/**
 * Asks Cloud Build where a connected repository is, and for a token to read it.
 * @see https://cloud.google.com/build/docs/api/reference/rest/v2/projects.locations.connections.repositories
 */
export async function accessRepository(
  google: Google,
  { project, region, connection, repository }: BuildRepository,
  signal?: AbortSignal,
): Promise<RepositoryAccess> {
  const name = `projects/${project}/locations/${region}/connections/${connection}/repositories/${repository}`
  const url = `${google.endpoints.cloudBuild}/v2/${name}`
  const asked = signal === undefined ? {} : { signal }
  const [found, access] = await Promise.all([
    google.call({ method: 'GET', url, task: `looking for the repository ${name}`, ...asked }),
    google.call({
      method: 'POST',
      url: `${url}:accessReadToken`,
      json: {},
      task: `asking for a token of the repository ${name}`,
      isRepeatable: true,
      ...asked,
    }),
  ])
  const [parsed, token] = [v.safeParse(repositorySchema, found), v.safeParse(tokenSchema, access)]
  if (parsed.success && token.success) return { url: parsed.output.remoteUri, token: token.output.token }
  throw new ToolError('GOOGLE_ANSWER_INVALID', `Cloud Build does not say how to read the repository ${name}`, {
    hint: 'look at the connection in the console of Cloud Build',
  })
}

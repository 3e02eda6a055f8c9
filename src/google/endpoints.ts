import type { GoogleEndpoints } from './contract.ts'

type Env = Readonly<Record<string, string | undefined>>

/**
 * Where the APIs are: Google's, unless gcloud's variables point elsewhere.
 * @see https://cloud.google.com/sdk/gcloud/reference/topic/configurations (api_endpoint_overrides)
 */
export function googleEndpoints(env: Env): GoogleEndpoints {
  const override = (api: string): string | undefined => given(env, `CLOUDSDK_API_ENDPOINT_OVERRIDES_${api}`)
  const storage = override('STORAGE') ?? emulator(env) ?? 'https://storage.googleapis.com'
  const run = override('RUN')
  return {
    // gcloud's override ends with the path of the API
    storage: base(storage).replace(/\/storage\/v1$/, ''),
    cloudBuild: base(override('CLOUDBUILD') ?? 'https://cloudbuild.googleapis.com'),
    run: (region) => base(run ?? `https://${region}-run.googleapis.com`),
    token: given(env, 'CLOUDSDK_AUTH_TOKEN_HOST') ?? 'https://oauth2.googleapis.com/token',
    metadata: `http://${given(env, 'GCE_METADATA_HOST') ?? given(env, 'GCE_METADATA_IP') ?? 'metadata.google.internal'}`,
  }
}

/** A variable that is set to something. */
export function given(env: Env, name: string): string | undefined {
  const value = env[name]
  return value === undefined || value === '' ? undefined : value
}

function emulator(env: Env): string | undefined {
  const host = given(env, 'STORAGE_EMULATOR_HOST')
  return host === undefined || host.includes('://') ? host : `http://${host}`
}

function base(url: string): string {
  return url.replace(/\/+$/, '')
}

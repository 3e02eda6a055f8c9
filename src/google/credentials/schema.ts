import * as v from 'valibot'

interface Quota {
  /** The project that calls are counted for. */
  readonly quota_project_id?: string
}

/** Of `gcloud auth application-default login`. */
export interface UserCredentials extends Quota {
  readonly type: 'authorized_user'
  readonly client_id: string
  readonly client_secret: string
  readonly refresh_token: string
}

/** A key that was made for a service account. @see https://google.aip.dev/auth/4112 */
export interface ServiceAccountKey extends Quota {
  readonly type: 'service_account'
  readonly client_email: string
  readonly private_key: string
  readonly private_key_id?: string
  readonly token_uri?: string
}

/** Workload identity federation: a token of somebody else's. @see https://google.aip.dev/auth/4117 */
export interface ExternalAccount extends Quota {
  readonly type: 'external_account'
  readonly audience: string
  readonly subject_token_type: string
  readonly token_url: string
  readonly service_account_impersonation_url?: string
  readonly credential_source: ExternalSource
}

/** Where the other's token is. */
export interface ExternalSource {
  readonly file?: string
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly format?: { readonly type?: string; readonly subject_token_field_name?: string }
}

/** Of `gcloud auth application-default login --impersonate-service-account`. */
export interface ImpersonatedAccount extends Quota {
  readonly type: 'impersonated_service_account'
  readonly service_account_impersonation_url: string
  readonly delegates?: readonly string[]
  readonly source_credentials: ServiceAccountKey | UserCredentials
}

/** What a file of credentials holds. */
export type Credentials = ExternalAccount | ImpersonatedAccount | ServiceAccountKey | UserCredentials

const text = v.exactOptional(v.string())
const quota = { quota_project_id: text }

const user = v.object({
  type: v.literal('authorized_user'),
  client_id: v.string(),
  client_secret: v.string(),
  refresh_token: v.string(),
  ...quota,
})
const serviceAccount = v.object({
  type: v.literal('service_account'),
  client_email: v.string(),
  private_key: v.string(),
  private_key_id: text,
  token_uri: text,
  ...quota,
})
const external = v.object({
  type: v.literal('external_account'),
  audience: v.string(),
  subject_token_type: v.string(),
  token_url: v.string(),
  service_account_impersonation_url: text,
  credential_source: v.object({
    file: text,
    url: text,
    headers: v.exactOptional(v.record(v.string(), v.string())),
    format: v.exactOptional(v.object({ type: text, subject_token_field_name: text })),
  }),
  ...quota,
})
const impersonated = v.object({
  type: v.literal('impersonated_service_account'),
  service_account_impersonation_url: v.string(),
  delegates: v.exactOptional(v.array(v.string())),
  source_credentials: v.variant('type', [user, serviceAccount]),
  ...quota,
})

/** A file of credentials. @see https://cloud.google.com/docs/authentication/application-default-credentials */
export const credentialsSchema: v.GenericSchema<unknown, Credentials> = v.variant('type', [
  user,
  serviceAccount,
  external,
  impersonated,
])

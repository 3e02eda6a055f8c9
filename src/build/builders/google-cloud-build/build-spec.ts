import type { CloudBuildPlace, CloudBuildSettings } from './settings.ts'
import type { BuildRecipe } from './steps.ts'

/** The body of a request for a build. @see https://cloud.google.com/build/docs/api/reference/rest/v1/projects.builds */
export interface BuildSpec extends BuildRecipe {
  readonly logsBucket: string
  readonly source: { readonly storageSource: { readonly bucket: string; readonly object: string } }
  readonly options: Readonly<Record<string, unknown>>
  readonly timeout?: string
  readonly serviceAccount?: string
}

/** What a build is made of. */
export interface SpecParts {
  readonly recipe: BuildRecipe
  readonly settings: CloudBuildSettings
  readonly place: CloudBuildPlace
  /** The object that holds the sources. */
  readonly object: string
}

/** The build of a recipe. */
export function buildSpec({ recipe, settings, place, object }: SpecParts): BuildSpec {
  const { timeout = '', serviceAccount = '' } = settings
  return {
    ...recipe,
    logsBucket: place.bucket,
    source: { storageSource: { bucket: place.bucket, object } },
    options: optionsOf(settings),
    ...(timeout === '' ? {} : { timeout: secondsOf(timeout) }),
    ...(serviceAccount === '' ? {} : { serviceAccount: accountName(serviceAccount, place.project) }),
  }
}

function optionsOf(settings: CloudBuildSettings): Readonly<Record<string, unknown>> {
  const { diskSizeGb = 0, machineType, workerPool, logging, logStreamingOption } = settings
  const texts = Object.entries({ machineType, logging, logStreamingOption }).filter(([, text]) => (text ?? '') !== '')
  return {
    // a 64-bit number is a text in Google's JSON
    ...(diskSizeGb === 0 ? {} : { diskSizeGb: String(diskSizeGb) }),
    ...Object.fromEntries(texts),
    ...(workerPool === undefined || workerPool === '' ? {} : { pool: { name: workerPool } }),
  }
}

const unitSeconds: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1 }

/** The API takes seconds only: `10m` is `600s`, and so is `600`. What is no duration is for it to refuse. */
function secondsOf(text: string): string {
  if (/^\d+$/.test(text)) return `${text}s`
  if (!/^(?:\d+(?:\.\d+)?[hms])+$/.test(text)) return text
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)([hms])/g)]
  return `${parts.reduce((sum, [, count, unit]) => sum + Number(count) * (unitSeconds[unit ?? ''] ?? 0), 0)}s`
}

function accountName(account: string, project: string): string {
  return account.includes('/') ? account : `projects/${project}/serviceAccounts/${account}`
}

import { ToolError } from '../../../errors/index.ts'
import type { RemoteBuild } from './build-api.ts'

/** Skaffold's words for how builds end. */
const ends: Readonly<Record<string, string>> = {
  FAILURE: 'cloud build failed',
  INTERNAL_ERROR: 'cloud build failed due to internal error',
  TIMEOUT: 'cloud build timedout',
  EXPIRED: 'cloud build waited too long for a worker',
  CANCELLED: 'cloud build cancelled',
}

/** A build that did not succeed, with the end of its log. */
export function buildFailure(
  build: RemoteBuild,
  about: { readonly image: string; readonly log: readonly string[] },
): ToolError {
  const { status, failureInfo, statusDetail } = build
  const end = `${ends[status] ?? 'cloud build status unknown'}: ${status}`
  const step = failedStep(build)
  const said = about.log
    .findLast((line) => line.trim() !== '' && !/^(?:ERROR|FINISHED|PUSH)$/.test(line.trim()))
    ?.trim()
  const why = [step, failureInfo?.detail ?? statusDetail, said].filter((one) => one !== undefined && one !== '')
  return new ToolError(
    'GOOGLE_BUILD_FAILED',
    `the build of ${about.image} did not succeed: ${[end, ...new Set(why)].join(': ')}`,
    {
      hint: hintFor(build, about.log),
    },
  )
}

function failedStep({ steps }: RemoteBuild): string | undefined {
  const index = steps.findIndex(({ status }) => status === 'FAILURE' || status === 'TIMEOUT')
  return index === -1 ? undefined : `step ${index} (${steps[index]?.name ?? ''})`
}

function hintFor({ status, logUrl, failureInfo }: RemoteBuild, log: readonly string[]): string {
  const look = logUrl === undefined ? 'look at its output above' : `look at ${logUrl}`
  if (log.some((line) => line.includes('exec format error'))) {
    return 'set `build.googleCloudBuild.platformEmulatorInstallStep` to an image that installs emulators, such as tonistiigi/binfmt'
  }
  if (status === 'TIMEOUT') return 'raise `build.googleCloudBuild.timeout`, or take a bigger machineType'
  if (status === 'CANCELLED') return 'start it again: somebody has cancelled it'
  if (failureInfo?.type === 'PUSH_NOT_AUTHORIZED') {
    return 'give the service account of the build the role roles/artifactregistry.writer'
  }
  return look
}

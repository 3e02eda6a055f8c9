import { ToolError } from '../../../errors/index.ts'
import type { Storage } from '../../../google/index.ts'
import type { CloudBuildPlace } from './settings.ts'

/**
 * Makes the bucket when it is not there. The default name can be taken by anybody, who would get the sources: it has to be
 * one of the project's.
 * @throws GOOGLE_FORBIDDEN
 */
export async function ensureBucket(storage: Storage, place: CloudBuildPlace): Promise<void> {
  const { bucket, project, isDefaultBucket } = place
  if (!(await storage.hasBucket(bucket))) await storage.createBucket(bucket, project)
  if (!isDefaultBucket || (await storage.ownsBucket(bucket, project))) return
  throw new ToolError(
    'GOOGLE_FORBIDDEN',
    `the bucket ${bucket} is not one of the project ${project}: no sources are sent to it`,
    { hint: 'name a bucket of the project with `build.googleCloudBuild.bucket`' },
  )
}

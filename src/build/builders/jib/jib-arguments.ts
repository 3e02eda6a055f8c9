import type { JibArtifact } from '../../../config/index.ts'
import { formatPlatform } from '../../../platform/index.ts'
import { formatFamiliar } from '../../../reference/index.ts'
import type { BuildRequest, ParentImage } from '../../contract.ts'

/** The build tool that jib is a plugin of. */
export type JibType = 'gradle' | 'maven'

/** The first version of the plugin that makes images for other platforms than its base image's first. */
const crossVersion = '3.2.0'
const leastVersions = { gradle: '1.4.0', maven: '1.4.0' } as const
/** The first one that says where files go. */
const syncVersion = '2.0.0'

/** What the arguments are made of. */
export interface JibJob extends Pick<BuildRequest, 'parents' | 'platforms' | 'push' | 'reference'> {
  readonly jib: JibArtifact
  readonly type: JibType
  readonly insecure: boolean
  /** Tests of the project are left out. */
  readonly skipTests?: boolean
}

/** Arguments that make an image for all platforms: pushed, or put into the Docker daemon. */
export function jibArguments(job: JibJob): readonly string[] {
  return [...(job.type === 'maven' ? mavenArguments(job) : gradleArguments(job)), ...imageProperties(job)]
}

/** Arguments that print which files the image depends on. */
export function jibFilesArguments(jib: JibArtifact, type: JibType): readonly string[] {
  if (type === 'gradle') {
    const task = `${gradleProject(jib)}_jibSkaffoldFilesV2`
    return [
      '_skaffoldFailIfJibOutOfDate',
      `-Djib.requiredVersion=${leastVersions.gradle}`,
      ...args(jib),
      task,
      '-q',
      '--console=plain',
    ]
  }
  const project = jib.project === undefined ? ['--non-recursive'] : ['--projects', jib.project, '--also-make']
  return [
    'jib:_skaffold-fail-if-jib-out-of-date',
    `-Djib.requiredVersion=${leastVersions.maven}`,
    ...args(jib),
    ...project,
    'jib:_skaffold-files-v2',
    '--quiet',
    '--batch-mode',
  ]
}

/** Arguments that compile the project and print which files go where in its image. */
export function jibSyncArguments(jib: JibArtifact, type: JibType): readonly string[] {
  if (type === 'maven') return mavenGoal(jib, 'jib:_skaffold-sync-map', { version: syncVersion, skipTests: true })
  return [
    '_skaffoldFailIfJibOutOfDate',
    `-Djib.requiredVersion=${syncVersion}`,
    '-Djib.console=plain',
    '--console=plain',
    ...args(jib),
    `${gradleProject(jib)}_jibSkaffoldSyncMap`,
    '-x',
    'test',
  ]
}

/** @see https://github.com/GoogleContainerTools/jib/tree/master/jib-maven-plugin */
function mavenArguments({ jib, push, skipTests = false }: JibJob): readonly string[] {
  return mavenGoal(jib, push ? 'jib:build' : 'jib:dockerBuild', { version: crossVersion, skipTests })
}

function mavenGoal(
  jib: JibArtifact,
  goal: string,
  { version, skipTests }: { readonly version: string; readonly skipTests: boolean },
): readonly string[] {
  const { project } = jib
  return [
    'jib:_skaffold-fail-if-jib-out-of-date',
    `-Djib.requiredVersion=${version}`,
    '--batch-mode',
    ...args(jib),
    ...(skipTests ? ['-DskipTests=true'] : []),
    ...(project === undefined
      ? ['--non-recursive', 'prepare-package', goal]
      : ['--projects', project, '--also-make', 'package', goal, `-Djib.containerize=${project}`]),
  ]
}

/** @see https://github.com/GoogleContainerTools/jib/tree/master/jib-gradle-plugin */
function gradleArguments({ jib, push, reference, skipTests }: JibJob): readonly string[] {
  return [
    '_skaffoldFailIfJibOutOfDate',
    `-Djib.requiredVersion=${crossVersion}`,
    '--console=plain',
    ...args(jib),
    `${gradleProject(jib)}${push ? 'jib' : 'jibDockerBuild'}`,
    ...(skipTests === true ? ['-x', 'test'] : []),
    `--image=${formatFamiliar(reference)}`,
  ]
}

function imageProperties({ jib, type, platforms, insecure, push, parents = [], reference }: JibJob): readonly string[] {
  return [
    `-Djib.from.platforms=${platforms.map(formatPlatform).join(',')}`,
    ...baseImage(jib, parents, push),
    ...(insecure ? ['-Djib.allowInsecureRegistries=true'] : []),
    '-Djib.console=plain',
    ...(type === 'maven' ? [`-Dimage=${formatFamiliar(reference)}`] : []),
  ]
}

/** A base image of the same project is known by its alias. */
function baseImage({ fromImage }: JibArtifact, parents: readonly ParentImage[], push: boolean): readonly string[] {
  if (fromImage === undefined) return []
  const parent = parents.find(({ alias }) => alias === fromImage)
  if (parent === undefined) return [`-Djib.from.image=${fromImage}`]
  return [`-Djib.from.image=${push ? 'registry' : 'docker'}://${parent.reference}`]
}

function args(jib: JibArtifact): readonly string[] {
  return jib.args ?? []
}

function gradleProject({ project }: JibArtifact): string {
  return project === undefined ? ':' : `:${project.replace(/^:/, '')}:`
}

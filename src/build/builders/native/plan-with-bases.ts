import {
  planBuild,
  withInherited,
  type BuildPlan,
  type BuildTarget,
  type Dockerfile,
  type Inherited,
  type PlannedStage,
} from '../../../dockerfile/index.ts'
import type { BaseImageFacts, BaseInspector } from '../../../inspect/index.ts'
import { absoluteName } from './image-store.ts'

/** What base images are looked at with. */
export interface BasesRequest {
  /** Absent: nothing is known of them. */
  readonly bases: BaseInspector | undefined
  readonly contextFolder: string
  /** Nobody has said which platform: any image of a base will do. */
  readonly isAnyPlatform: boolean
  /** Images of the project that are not built yet, or elsewhere: they are no names of a registry. */
  readonly unbuilt: ReadonlySet<string>
  readonly signal: AbortSignal
}

/**
 * The plan with what ONBUILD of base images adds to it. What cannot be found out of a base adds nothing.
 * @throws DOCKERFILE_INVALID, DOCKERFILE_TARGET_UNKNOWN
 */
export async function planWithBases(
  dockerfile: Dockerfile,
  target: BuildTarget,
  request: BasesRequest,
): Promise<BuildPlan> {
  const written = planBuild(dockerfile, target)
  if (request.bases === undefined) return written
  const known = new Map<number, Inherited | undefined>()
  let plan = written
  // what ONBUILD copies from makes more stages needed, each of them once
  for (;;) {
    const open = plan.needed.filter(({ base, index }) => base.kind === 'image' && !known.has(index))
    if (open.length === 0) return plan
    await Promise.all(open.map(async (stage) => known.set(stage.index, await inheritedBy(stage, target, request))))
    plan = withInherited(written, new Map([...known].flatMap(([index, found]) => (found ? [[index, found]] : []))))
  }
}

async function inheritedBy(
  stage: PlannedStage,
  target: BuildTarget,
  { bases, contextFolder, isAnyPlatform, unbuilt, signal }: BasesRequest,
): Promise<Inherited | undefined> {
  if (stage.base.kind !== 'image' || bases === undefined) return undefined
  const { name } = stage.base
  if (unbuilt.has(name) && !bases.hasLearned(name)) return undefined
  const platform = stage.platform ?? (isAnyPlatform ? undefined : target.platform)
  const facts = await bases.inspect(absoluteName(name, contextFolder), platform, signal)
  return facts === undefined ? undefined : toInherited(facts)
}

function toInherited({ triggers, env }: BaseImageFacts): Inherited {
  const variables = env.map((entry): [string, string] => {
    const equals = entry.indexOf('=')
    return equals === -1 ? [entry, ''] : [entry.slice(0, equals), entry.slice(equals + 1)]
  })
  return { triggers, variables: new Map(variables) }
}

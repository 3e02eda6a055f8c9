import { formatLocation, type BuildPlan, type Instruction, type PlannedStage } from '../../../dockerfile/index.ts'

/**
 * The one edit after which less, or nothing, of a Dockerfile needs an engine or an emulator; undefined when there is no
 * simple one.
 */
export function suggestEdit(
  plan: BuildPlan,
  refused: readonly PlannedStage[],
  engineStages: ReadonlySet<number>,
): string | undefined {
  const { syntax } = plan.dockerfile
  if (syntax !== undefined && refused.length === 0) return `remove "# syntax=" at ${formatLocation(syntax.at)}`
  const [stage, ...others] = refused
  const [instruction, ...more] = stage?.instructions.filter(({ kind }) => kind === 'run') ?? []
  if (stage === undefined || instruction === undefined) return undefined
  if (engineStages.has(plan.target.index)) {
    return others.length + more.length > 0 ? undefined : editOfRun(instruction)
  }
  return stage.platform === undefined && stage.base.kind !== 'stage' ? editOfFrom(plan, stage) : undefined
}

/** So that a stage runs on the building machine, whatever is built for. */
function editOfFrom({ dockerfile }: BuildPlan, stage: PlannedStage): string {
  const written = dockerfile.stages[stage.index]?.base ?? ''
  const name = stage.name === undefined ? '' : ` AS ${stage.name}`
  return `at ${formatLocation(stage.at)} write FROM --platform=$BUILDPLATFORM ${written}${name}, if what it makes runs on every platform or it cross-compiles`
}

/** For a RUN that only does what another instruction does without running anything. */
function editOfRun(instruction: Instruction): string | undefined {
  if (instruction.kind !== 'run') return undefined
  const words = instruction.command.words.join(' ').trim()
  const where = `at ${formatLocation(instruction.at)}`
  const [, folder] = /^mkdir (?:-p )?(\/[\w./-]+)$/.exec(words) ?? []
  if (folder !== undefined) return `${where} write WORKDIR ${folder}, and the WORKDIR that you need after it`
  const [, mode] = /^chmod (?:-R )?(\+x|[0-7]{3,4}) \S+$/.exec(words) ?? []
  const [, owner] = /^chown (?:-R )?([\w:.-]+) \S+$/.exec(words) ?? []
  if (mode === undefined && owner === undefined) return undefined
  const flag = mode === undefined ? `--chown=${owner ?? ''}` : `--chmod=${mode === '+x' ? '755' : mode}`
  return `${where} leave RUN out and add ${flag} to the COPY before it`
}

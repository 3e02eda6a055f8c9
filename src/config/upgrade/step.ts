import { valueOf, type Node } from '../node.ts'
import { changeItems, setMember } from './edit.ts'

/** What a step may do beside changing the document. */
export interface StepContext {
  /** Says something that was lost or that changed its meaning. */
  warn(text: string): void
  /** Gives up: the document cannot be upgraded. */
  fail(message: string, at: number): never
}

/** Turns a document of one version into one of the next. */
export type Step = (root: Node, context: StepContext) => Node

/** A change of one pipeline; `label` names it as Skaffold's messages do. */
export type PipelineChange = (pipeline: Node, context: StepContext & { readonly label: string }) => Node

/** A step that does the same to the main pipeline and to that of every profile, each on its own. */
export function inPipelines(change: PipelineChange): Step {
  return (root, context) => {
    const profiles = valueOf(root, 'profiles')
    const main = change(setMember(root, 'profiles', undefined), { ...context, label: 'main pipeline' })
    if (profiles === undefined) return main
    let count = 0
    const changed = changeItems(root, ['profiles'], (profile) => {
      count += 1
      return change(profile, { ...context, label: `pipeline of profile ${count}` })
    })
    return setMember(main, 'profiles', valueOf(changed, 'profiles'))
  }
}

/** A step that changes every artifact. */
export function inArtifacts(change: (artifact: Node, context: StepContext) => Node): Step {
  return inPipelines((pipeline, context) =>
    changeItems(pipeline, ['build', 'artifacts'], (artifact) => change(artifact, context)),
  )
}

/** A step that does several in turn. */
export function inTurn(...steps: readonly Step[]): Step {
  return (root, context) => steps.reduce((result, step) => step(result, context), root)
}

export {
  describeConstraint,
  effectiveConstraint,
  hasPlatformRule,
  type Constraint,
  type OsArch,
  type Term,
} from './constraint.ts'
export { explainPod, type NodeAnswer } from './explain.ts'
export type { ImageFacts, NodeFacts, PodSpec, Taint } from './facts.ts'
export { obstaclesOn, type ScheduledNode } from './obstacles.ts'
export { isMixed, placePod, type Placement, type PlacementQuestion } from './place.ts'
export type { Requirement } from './requirement.ts'
export { verdict, type Verdict } from './verdict.ts'

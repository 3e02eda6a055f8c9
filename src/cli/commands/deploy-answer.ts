import type { DeployOutcome } from '../../pipeline/index.ts'
import { buildAnswer } from './build-answer.ts'

/** What `run` and `deploy` answer with `--format json`: images, resources, and where every pod landed and why. */
export function deployAnswer({ built, resources, pods }: DeployOutcome): object {
  return { ...buildAnswer(built), resources, pods }
}

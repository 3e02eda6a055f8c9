import type { Mapping } from '../resource/index.ts'
import type {
  Choices,
  ContainerDebugConfig,
  DebugImage,
  DebugPlan,
  Refusal,
  RuntimeDebugger,
  Subject,
} from './contract.ts'
import { envOf, withEnv } from './environment.ts'
import { launchOf } from './launch.ts'
import type { Launch } from './script-launch.ts'
import { exposePort } from './ports.ts'
import { go } from './runtimes/go.ts'
import { jvm } from './runtimes/jvm.ts'
import { netcore } from './runtimes/netcore.ts'
import { nodejs } from './runtimes/nodejs.ts'
import { python } from './runtimes/python.ts'

/** In the order in which they are asked: images of one runtime often have variables of others. */
const runtimes: readonly RuntimeDebugger[] = [go, jvm, netcore, nodejs, python]

/** A container that a debugger can be connected to. */
export interface DebuggedContainer {
  readonly container: Mapping
  readonly config: ContainerDebugConfig
  readonly needsFiles: boolean
  /** Port definitions that had to give way. */
  readonly notes: readonly string[]
}

/** Rewrites one container for the debugger of its runtime, or says why that cannot be done. */
export function debugContainer(container: Mapping, image: DebugImage, choices: Choices): DebuggedContainer | Refusal {
  const launch = launchOf(container, image)
  if ('reason' in launch) return launch
  const subject: Subject = {
    program: launch.program,
    rest: launch.rest,
    isScript: launch.isScript,
    env: envOf(container, image),
    labels: image.config.Labels ?? {},
    author: image.author,
  }
  const runtime = runtimes.find((one) =>
    image.runtime === undefined ? one.detects(subject) : one.name === image.runtime,
  )
  if (runtime === undefined) return { reason: `unable to determine runtime for ${JSON.stringify(container['name'])}` }
  const plan = runtime.plan(subject, choices)
  if ('reason' in plan) return plan
  const { changed, notes } = applyPlan(container, plan, launch)
  const workingDir = workingDirOf(container, image, launch)
  return {
    container: changed,
    config: {
      artifact: image.artifact,
      runtime: runtime.name,
      ...(workingDir === '' ? {} : { workingDir }),
      ...(plan.port === undefined ? {} : { ports: { [plan.port.protocol]: plan.port.number } }),
    },
    needsFiles: plan.needsFiles,
    notes,
  }
}

function workingDirOf(container: Mapping, { config }: DebugImage, { workingDir }: Launch): string {
  const given = container['workingDir']
  return typeof given === 'string' && given !== '' ? given : (workingDir ?? config.WorkingDir ?? '')
}

function applyPlan(
  container: Mapping,
  { program, env, port }: DebugPlan,
  launch: Launch,
): { readonly changed: Mapping; readonly notes: readonly string[] } {
  const exposed = port === undefined ? undefined : exposePort(container['ports'], port)
  return {
    changed: {
      ...container,
      ...(program === undefined ? {} : launch.put(program)),
      ...(env === undefined ? {} : { env: withEnv(container, env) }),
      ...(exposed === undefined ? {} : { ports: exposed.ports }),
    },
    notes: exposed?.notes ?? [],
  }
}

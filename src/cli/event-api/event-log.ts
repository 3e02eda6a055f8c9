import type { Event } from '../../events/index.ts'
import type { Control } from './control.ts'
import type { Fact } from './facts.ts'
import { createFactFinder } from './find-facts.ts'
import { createJournal, type Journal } from './journal.ts'
import type { Message } from './message-type.ts'
import type { RunFacts } from './metadata.ts'
import { beforeBuild, beforeDeploy, initialStand, withFact, type Stand } from './stand.ts'
import { stateMessageV1, writeV1 } from './write-v1.ts'
import { stateMessageV2, writeV2, type Surroundings } from './write-v2.ts'

/** Of one version of the API. */
export interface VersionLog {
  readonly events: Journal
  state(): Message
  /** An event from outside, as a custom build script sends it. */
  handle(event: Message): void
}

/** Everything that happens in a run, as both versions tell it. */
export interface EventLog {
  readonly v1: VersionLog
  readonly v2: VersionLog & { readonly applicationLogs: Journal; readonly skaffoldLogs: Journal }
  readonly control: Control
  emit(event: Event): void
  /** It is known what the run works on. */
  begin(run: RunFacts): void
  /** The run is over: readers end after this. */
  end(error?: unknown): void
  /** What was said of a stage is out of date: it is asked for again. */
  forget(stage: 'build' | 'deploy'): void
  /** Told of every entry of version 1. */
  onEntry(listener: (entry: Message) => void): void
}

/** What a log says that is not in the events. */
export interface EventLogOptions {
  readonly control: Control
  readonly kind: 'Verify' | 'Exec'
  /** This machine's platform. */
  readonly host: string
  /** The sentence that names the version. */
  readonly version: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Nothing has happened. */
export function createEventLog(options: EventLogOptions): EventLog {
  const { control, host, version } = options
  const finder = createFactFinder(options.kind)
  const now = (): string => new Date(options.now()).toISOString()
  const run: RunFacts = { configs: [], kubeContext: undefined, runId: '' }
  let around: Surroundings = { run, host, version, iteration: -1, now }
  let stand: Stand = initialStand([])
  const pages = createPages()

  const tell = (facts: readonly Fact[]): void => {
    for (const fact of facts) {
      if (fact.type === 'iteration') around = { ...around, iteration: fact.iteration }
      stand = withFact(stand, fact)
      pages.write(fact, around)
    }
  }
  return {
    v1: {
      events: pages.v1,
      state: () => stateMessageV1(stand, control.auto(), around.run),
      handle: (event) => pages.addV1({ timestamp: now(), event, entry: '' }),
    },
    v2: {
      events: pages.v2,
      applicationLogs: pages.applications,
      skaffoldLogs: pages.skaffold,
      state: () => stateMessageV2(stand, control.auto(), around),
      handle: (event) => pages.v2.add({ ...event, timestamp: now() }),
    },
    control,
    emit: (event) => tell(finder.of(event)),
    begin(begun) {
      around = { ...around, run: begun }
      stand = initialStand(begun.configs.flatMap(({ build }) => build.artifacts.map(({ image }) => image)))
      tell([{ type: 'meta' }])
    },
    end(error) {
      tell(finder.end(error))
      pages.close()
    },
    forget: (stage) => {
      stand = stage === 'build' ? beforeBuild(stand) : beforeDeploy(stand)
    },
    onEntry: (listener) => pages.onEntry(listener),
  }
}

/** The journals of one log. */
interface Pages {
  readonly v1: Journal
  readonly v2: Journal
  readonly applications: Journal
  readonly skaffold: Journal
  write(fact: Fact, around: Surroundings): void
  addV1(entry: Message): void
  onEntry(listener: (entry: Message) => void): void
  close(): void
}

function createPages(): Pages {
  const [v1, v2, applications, skaffold] = [createJournal(), createJournal(), createJournal(), createJournal()]
  const listeners: ((entry: Message) => void)[] = []
  const addV1 = (entry: Message): void => {
    v1.add(entry)
    for (const listener of listeners) listener(entry)
  }
  return {
    v1,
    v2,
    applications,
    skaffold,
    addV1,
    write(fact, around) {
      // logs are those of one iteration; the events stay
      if (fact.type === 'iteration') for (const journal of [applications, skaffold]) journal.clear()
      const [first, second] = [writeV1(fact, around), writeV2(fact, around)]
      if (first !== undefined) addV1(first)
      if (second === undefined) return
      const journal = fact.type === 'applicationLog' ? applications : v2
      journal.add(second)
      if (fact.type === 'log') skaffold.add(second)
    },
    onEntry: (listener) => void listeners.push(listener),
    close() {
      for (const journal of [v1, v2, applications, skaffold]) journal.close()
    },
  }
}

import type { Emit, Event } from '../../events/index.ts'

type OfOneBuild = Extract<
  Event,
  { type: 'buildStarted' | 'buildOutput' | 'blobPushed' | 'buildSucceeded' | 'buildFailed' | 'buildCanceled' }
>

/**
 * Lets the output of one build through at a time: that of the others is kept back until it is over, so that lines of
 * builds that run at once do not stand between each other. What is looked up meanwhile is told when the build is over.
 */
export function inBuildOrder(emit: Emit): Emit {
  const waiting = new Map<string, OfOneBuild[]>()
  const lookups: Event[] = []
  let current: string | undefined
  const pass = (event: OfOneBuild): void => {
    current = event.image
    emit(event)
    if (isEnd(event)) passNext()
  }
  const passNext = (): void => {
    current = undefined
    for (const event of lookups.splice(0)) emit(event)
    const [image, events] = waiting.entries().next().value ?? []
    if (image === undefined || events === undefined) return
    waiting.delete(image)
    current = image
    for (const event of events) pass(event)
  }
  return (event) => {
    if (current !== undefined && isLookup(event)) lookups.push(event)
    else if (!isOfBuild(event)) emit(event)
    else if (current === undefined || current === event.image) pass(event)
    else waiting.set(event.image, [...(waiting.get(event.image) ?? []), event])
  }
}

function isLookup({ type }: Event): boolean {
  return type === 'cacheStarted' || type === 'cacheChecked'
}

function isOfBuild(event: Event): event is OfOneBuild {
  return event.type === 'buildStarted' || event.type === 'buildOutput' || event.type === 'blobPushed' || isEnd(event)
}

function isEnd(event: Event): event is Extract<Event, { type: 'buildSucceeded' | 'buildFailed' | 'buildCanceled' }> {
  return event.type === 'buildSucceeded' || event.type === 'buildFailed' || event.type === 'buildCanceled'
}

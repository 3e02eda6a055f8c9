import type { Emit, Event } from '../../events/index.ts'

type OfOneBuild = Extract<
  Event,
  { type: 'buildStarted' | 'buildOutput' | 'blobPushed' | 'buildSucceeded' | 'buildFailed' | 'buildCanceled' }
>

/**
 * Lets the output of one build through at a time: that of the others is kept back until it is over, so that lines of
 * builds that run at once do not stand between each other.
 */
export function inBuildOrder(emit: Emit): Emit {
  const waiting = new Map<string, OfOneBuild[]>()
  let current: string | undefined
  const pass = (event: OfOneBuild): void => {
    current = event.image
    emit(event)
    if (isEnd(event)) passNext()
  }
  const passNext = (): void => {
    current = undefined
    const [image, events] = waiting.entries().next().value ?? []
    if (image === undefined || events === undefined) return
    waiting.delete(image)
    current = image
    for (const event of events) pass(event)
  }
  return (event) => {
    if (!isOfBuild(event)) emit(event)
    else if (current === undefined || current === event.image) pass(event)
    else waiting.set(event.image, [...(waiting.get(event.image) ?? []), event])
  }
}

function isOfBuild(event: Event): event is OfOneBuild {
  return event.type === 'buildStarted' || event.type === 'buildOutput' || event.type === 'blobPushed' || isEnd(event)
}

function isEnd(event: Event): event is Extract<Event, { type: 'buildSucceeded' | 'buildFailed' | 'buildCanceled' }> {
  return event.type === 'buildSucceeded' || event.type === 'buildFailed' || event.type === 'buildCanceled'
}

import { expect, test } from 'vitest'
import type { Event } from '../../events/index.ts'
import { inBuildOrder } from './in-order.ts'

const start = (image: string): Event => ({ type: 'buildStarted', image, platforms: [] })
const say = (image: string, text: string): Event => ({ type: 'buildOutput', image, text })
const end = (image: string): Event => ({ type: 'buildSucceeded', image, reference: '', platforms: [], durationMs: 0 })
const canceled = (image: string): Event => ({ type: 'buildCanceled', image })
const lookUp = (image: string): Event => ({ type: 'cacheChecked', image: `?${image}`, found: [], missing: [] })
const warning: Event = { type: 'warning', text: 'careful' }

function order(events: readonly Event[]): string {
  const seen: string[] = []
  const emit = inBuildOrder((event) => seen.push('image' in event ? event.image : event.type))
  for (const event of events) emit(event)
  return seen.join(' ')
}

test.each([
  ['one after the other', [start('a'), end('a'), start('b'), end('b')], 'a a b b'],
  ['at once', [start('a'), start('b'), say('b', '1'), say('a', '1'), end('a'), end('b')], 'a a a b b b'],
  ['the later one ends first', [start('a'), start('b'), end('b'), say('a', '1'), end('a')], 'a a a b b'],
  ['three', [start('a'), start('b'), start('c'), end('c'), end('b'), end('a')], 'a a b b c c'],
  ['the next one is still going on', [start('a'), start('b'), end('a'), say('b', '1'), end('b')], 'a a b b b'],
  ['one is canceled', [start('a'), start('b'), canceled('a'), end('b')], 'a a b b'],
  ['what is looked up meanwhile', [start('a'), lookUp('b'), say('a', '1'), end('a'), start('b')], 'a a a ?b b'],
  ['and built meanwhile', [start('a'), lookUp('b'), start('b'), end('b'), end('a')], 'a a ?b b b'],
  ['what is looked up before', [lookUp('a'), start('a'), end('a')], '?a a a'],
  ['other events come at once', [start('a'), start('b'), warning, end('a')], 'a warning a b'],
])('%s', (_, events, expected) => {
  expect(order(events)).toBe(expected)
})

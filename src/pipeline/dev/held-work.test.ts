import { expect, test } from 'vitest'
import type { AutoOptions } from '../contract.ts'
import { holdWork } from './held-work.ts'
import type { Work } from './work.ts'

const none: AutoOptions = { build: false, sync: false, deploy: false }
const idle: Work = { reload: false, images: [], redeploy: false }
const rebuild: Work = { reload: false, images: ['a'], redeploy: true }

function holding(auto: AutoOptions): ReturnType<typeof holdWork> {
  return holdWork({ auto: () => auto, onAsk: () => {} })
}

test('what happens by itself is not held', () => {
  expect(holding({ build: true, sync: true, deploy: true }).take(rebuild)).toEqual(rebuild)
})

test('what is held is done once it is asked for, and only once', () => {
  const held = holding(none)
  expect(held.take(rebuild)).toEqual(idle)
  expect(held.ask({ build: true, deploy: true })).toEqual(rebuild)
  expect(held.ask({ build: true, deploy: true })).toEqual(idle)
})

test('resources wait for the images that they are deployed with', () => {
  const held = holding({ ...none, deploy: true })
  expect(held.take(rebuild)).toEqual(idle)
  expect(held.ask({ build: true })).toEqual(rebuild)
})

test('a changed skaffold.yaml is never held, and starts everything anew', () => {
  const held = holding(none)
  held.take(rebuild)
  const reload: Work = { reload: true, images: 'all', redeploy: true }
  expect(held.take(reload)).toEqual(reload)
  expect(held.ask({ build: true, deploy: true })).toEqual(idle)
})

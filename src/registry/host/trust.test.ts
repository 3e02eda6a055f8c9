import { expect, test } from 'vitest'
import { createThrottle } from './throttle.ts'
import { trustOf, type TrustOptions } from './trust.ts'

test.each<[string, TrustOptions, string[], boolean]>([
  ['reg.example.com', {}, ['https'], true],
  ['10.0.0.1:5000', {}, ['https'], true],
  ['localhost:5000', {}, ['http', 'https'], true],
  ['127.0.0.1:5000', {}, ['http', 'https'], true],
  ['[::1]:5000', {}, ['http', 'https'], true],
  ['a.localhost', {}, ['http', 'https'], true],
  ['reg.example.com', { insecureRegistries: ['reg.example.com'] }, ['https', 'http'], false],
  ['reg.example.com:5000', { insecureRegistries: ['reg.example.com'] }, ['https'], true],
  ['reg.example.com', { insecureRegistries: ['http://reg.example.com/'] }, ['https', 'http'], false],
  ['10.0.0.1:5000', { insecureRegistries: ['10.0.0.0/8'] }, ['https', 'http'], false],
  ['11.0.0.1:5000', { insecureRegistries: ['10.0.0.0/8'] }, ['https'], true],
  ['reg.example.com', { insecureRegistries: ['*.example.com'] }, ['https', 'http'], false],
  ['example.com', { insecureRegistries: ['*.example.com'] }, ['https'], true],
  ['reg.example.com', { plainHttp: true }, ['http'], true],
  ['reg.example.com', { skipTlsVerify: true }, ['https'], false],
])('%s with %j: %j, certificates checked: %s', (host, options, schemes, isVerified) => {
  const trust = trustOf(host, options)
  expect(trust.schemes).toEqual(schemes)
  expect(trust.tls?.rejectUnauthorized ?? true).toBe(isVerified)
})

test('a throttle halves once for what was under way, and recovers one by one', async () => {
  const throttle = createThrottle(8)
  const ends: (() => void)[] = []
  const tasks = Array.from({ length: 8 }, async () =>
    throttle.run(async () => new Promise<void>((resolve) => ends.push(resolve))),
  )
  for (let answers = 0; answers < 8; answers += 1) throttle.slowDown()
  expect(throttle.limit).toBe(4)
  throttle.slowDown()
  expect(throttle.limit).toBe(2)
  for (const end of ends) end()
  await Promise.all(tasks)
  for (let answers = 0; answers < 2; answers += 1) throttle.speedUp()
  expect(throttle.limit).toBe(3)
  for (let answers = 0; answers < 100; answers += 1) throttle.speedUp()
  expect(throttle.limit).toBe(8)
})

test('a throttle never runs more at once than it allows, and never stops', async () => {
  const throttle = createThrottle(4)
  let running = 0
  let peak = 0
  const run = async (): Promise<void> => {
    running += 1
    peak = Math.max(peak, running)
    await new Promise((resolve) => setImmediate(resolve))
    running -= 1
  }
  await Promise.all(Array.from({ length: 20 }, async () => throttle.run(run)))
  throttle.slowDown()
  throttle.slowDown()
  throttle.slowDown()
  expect(throttle.limit).toBe(1)
  await Promise.all(Array.from({ length: 5 }, async () => throttle.run(run)))
  expect(peak).toBe(4)
})

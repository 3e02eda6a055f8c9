import { describe, expect, test } from 'vitest'
import { createTurns } from './turns.ts'

describe('turns', () => {
  test('tasks of one key run one after another, also after a failure; other keys do not wait', async () => {
    const turns = createTurns()
    const log: string[] = []
    const task =
      (name: string, fails = false) =>
      async (): Promise<string> => {
        log.push(`${name} starts`)
        await new Promise(setImmediate)
        log.push(`${name} ends`)
        if (fails) throw new Error(name)
        return name
      }
    const results = await Promise.allSettled([
      turns.run('key', task('one', true)),
      turns.run('key', task('two')),
      turns.run('other', task('three')),
      turns.run('key', task('four')),
    ])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled'])
    expect(log.slice(0, 2)).toEqual(['one starts', 'three starts'])
    const ofKey = log.filter((line) => !line.startsWith('three'))
    expect(ofKey).toEqual(['one', 'two', 'four'].flatMap((name) => [`${name} starts`, `${name} ends`]))
  })
})

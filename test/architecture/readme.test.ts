import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { commandSummaries } from '../../src/cli/commands/table.ts'
import { floors } from './rooms.ts'

const readme = read('README.md')
const contributing = read('CONTRIBUTING.md')

test('the tree in the README has one sentence for each room', () => {
  const [, tree = ''] = /^src\/\n((?: {2}\S.*\n)+)/m.exec(readme) ?? []
  const rooms = [...tree.matchAll(/^ {2}([\w-]+)\/ +(\S.{10,})$/gm)].map(([, room = '']) => room)
  expect(new Set(rooms)).toEqual(new Set(floors.flat()))
})

test('every command is in the row of those that work', () => {
  const [, row = ''] = /^\| Commands \| ([^|]*) \|/m.exec(readme) ?? []
  const words = new Set(commandSummaries.map(({ name }) => name.split(' ')[0] ?? ''))
  expect(new Set([...row.matchAll(/`([\w-]+)`/g)].map(([, name = '']) => name))).toEqual(words)
})

test('the table of tasks in CONTRIBUTING names every room that users’ wishes lead to', () => {
  const named = new Set([...contributing.matchAll(/`src\/([\w-]+)\//g)].map(([, room]) => room))
  const withoutTask = ['errors', 'events', 'support', 'http', 'subprocess', 'layout']
  expect(floors.flat().filter((room) => !named.has(room) && !withoutTask.includes(room))).toEqual([])
})

test('the first screen has the two commands', () => {
  const first = readme.split('\n').slice(0, 20).join('\n')
  expect(first).toContain('npm ci && npm run demo')
  expect(first).toContain('npm test')
})

function read(name: string): string {
  return readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')
}

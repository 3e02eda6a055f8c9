import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Document, isPair, isScalar, visit } from 'yaml'
import { parseResources, reviseResource, type Resource, type ResourceObject } from './index.ts'
import { isDeepEqual } from './write.ts'

/** Documents in the styles that people and other programs write, edited: meaning and comments have to survive. */
const text = fc.constantFrom('a', 'b c', 'x:1', 'r/app:1.0', '#no', "it's", 'say "hi"', 'l1\nl2\n', 'true', '0644', '')
const leaf = fc.oneof(text, fc.integer({ min: -9, max: 999 }), fc.boolean())
const key = fc.constantFrom('image', 'name', 'kubernetes.io/arch', 'spec', 'args', 'with space', 'k1', 'k2')
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium' },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  ),
}))
const style = fc.record({
  indent: fc.constantFrom(2, 3, 4),
  indentSeq: fc.boolean(),
  defaultStringType: fc.constantFrom(
    'PLAIN' as const,
    'QUOTE_SINGLE' as const,
    'QUOTE_DOUBLE' as const,
    'BLOCK_LITERAL' as const,
  ),
  flowAt: fc.integer({ min: 0, max: 20 }),
  comments: fc.boolean(),
  endsOpen: fc.boolean(),
})

function write(
  object: unknown,
  how: typeof style extends fc.Arbitrary<infer T> ? T : never,
): { text: string; comments: readonly string[] } {
  const document = new Document(object, { version: '1.1' })
  const comments: string[] = []
  let count = 0
  visit(document, {
    Collection(_, node) {
      count += 1
      // Comments inside brackets make long lines of them, which is not what this test is about.
      if (count === how.flowAt) node.flow = true
    },
    Pair(_, pair, path) {
      const inFlow = path.some((node) => (node as { flow?: boolean }).flow === true)
      if (!how.comments || inFlow || !isPair(pair) || !isScalar(pair.key)) return
      const comment = `comment ${comments.length}.`
      comments.push(comment)
      pair.key.commentBefore = ` ${comment}`
    },
  })
  const written = document.toString({ ...how, lineWidth: 0, blockQuote: true })
  return { text: how.endsOpen ? written.trimEnd() : written, comments }
}

function read(written: string): Resource {
  const [resource] = parseResources(written, 'f.yaml')
  if (resource === undefined) throw new Error(`no resource in ${written}`)
  return resource
}

const head = { apiVersion: 'v1', kind: 'X', metadata: { name: 'a' } }

test('any document in any style can be revised into any other', () => {
  fc.assert(
    fc.property(value, value, style, (before, after, how) => {
      const resource = read(write({ ...head, spec: before }, how).text)
      const revised = reviseResource(resource, { ...resource.object, spec: after, more: before })
      expect(isDeepEqual(read(revised.text).object, revised.object)).toBe(true)
    }),
    { numRuns: 300 },
  )
}, 120_000)

test('one changed leaf or one more member loses no comment and no other line', () => {
  fc.assert(
    fc.property(value, style, fc.nat(), fc.boolean(), (before, how, pick, isAddition) => {
      const { text: written, comments } = write({ ...head, spec: before }, how)
      const resource = read(written)
      const object = changeOne(resource.object, { pick, isAddition })
      const revised = reviseResource(resource, object)
      expect(comments.filter((comment) => !revised.text.includes(comment))).toEqual([])
      const lines = revised.text.split('\n')
      expect(written.split('\n').filter((line) => !lines.includes(line)).length).toBeLessThanOrEqual(isAddition ? 1 : 6)
    }),
    { numRuns: 300 },
  )
}, 120_000)

/** The object with one leaf changed, or with one more member in one of its objects. */
function changeOne(
  object: ResourceObject,
  { pick, isAddition }: { pick: number; isAddition: boolean },
): ResourceObject {
  const places: (() => void)[] = []
  const copy = structuredClone(object) as unknown as Record<string, unknown>
  const collect = (at: unknown): void => {
    if (typeof at !== 'object' || at === null) return
    const members = at as Record<string, unknown>
    if (isAddition && !Array.isArray(at)) places.push(() => (members['added'] = [{ key: 'new', values: ['0644'] }]))
    for (const [name, member] of Object.entries(members)) {
      if (!isAddition && (typeof member !== 'object' || member === null)) places.push(() => (members[name] = 'changed'))
      collect(member)
    }
  }
  collect(copy['spec'])
  collect(copy['metadata'])
  places[pick % places.length]?.()
  return copy as unknown as ResourceObject
}

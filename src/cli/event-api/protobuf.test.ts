import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeMessage } from './decode-message.ts'
import { encodeMessage } from './encode-message.ts'
import { choice, flag, int, many, mapOf, one, oneOf, text, timestamp, type MessageType } from './message-type.ts'
import { fileForm, gatewayForm, messageJson } from './message-json.ts'
import { readJson } from './read-json.ts'
import { eventV2, stateV2 } from './types-v2.ts'
import { logEntry, stateV1 } from './types-v1.ts'

const inner: MessageType = { name: text(1), size: int(2) }
const sample: MessageType = {
  a: int(1),
  b: text(2),
  c: one(3, inner),
  d: many(4, inner),
  e: mapOf(5, 'string', text(2)),
  f: mapOf(6, 'int32', one(2, inner)),
  g: oneOf(7, { NONE: 0, SOME: 5 }),
  h: timestamp(8),
  task_id: text(16),
  ...choice({ yes: flag(20), no: one(21, inner) }),
}

describe('bytes', () => {
  // the first two are examples of https://protobuf.dev/programming-guides/encoding/
  test.each([
    ['a number', { a: 150 }, '089601'],
    ['a text', { b: 'testing' }, '120774657374696e67'],
    ['a message in a message', { c: { size: 150 } }, '1a03109601'],
    ['a message with nothing in it', { c: {} }, '1a00'],
    ['a negative number, in ten bytes', { a: -2 }, '08feffffffffffffffff01'],
    ['a list of messages', { d: [{ size: 1 }, {}] }, '220210012200'],
    ['a map', { e: { x: 'y' } }, '2a060a0178120179'],
    ['a map with numbers as keys', { f: { 80: { size: 1 } } }, '3206085012021001'],
    ['a name of an enumeration', { g: 'SOME' }, '3805'],
    ['half a second after the epoch', { h: '1970-01-01T00:00:01.500Z' }, '420808011080cab5ee01'],
    ['a field whose number takes two bytes', { task_id: 'x' }, '82010178'],
    ['what is chosen, also when it is the default', { yes: false }, 'a00100'],
    ['nothing for defaults', { a: 0, b: '', g: 'NONE', d: [], e: {} }, ''],
  ])('%s', (_, message, hex) => {
    const bytes = encodeMessage(message, sample)
    expect(Buffer.from(bytes).toString('hex')).toBe(hex)
  })

  test('what no field has is passed over, in every form', () => {
    const strange = ['f80101', 'f9010000000000000000', 'fa01020102', 'fd0101020304'].join('')
    expect(decodeMessage(Buffer.from(`${strange}089601`, 'hex'), sample)).toEqual({ a: 150 })
  })

  test.each([
    ['a number that does not end', '0896'],
    ['a text that is longer than the message', '120774'],
    ['a text that is no UTF-8', '1201ff'],
    ['a number for a text', '1001'],
    ['a text for a number', '0a0161'],
    ['the field 0', '0001'],
    ['a wire type that is not known', '0f'],
    ['a message in a message that is broken', '1a0110'],
  ])('refused: %s', (_, hex) => {
    expect(decodeMessage(Buffer.from(hex, 'hex'), sample)).toBeUndefined()
  })

  test('any bytes are read or refused, and nothing is thrown', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(() => decodeMessage(bytes, sample)).not.toThrow()
      }),
    )
  })

  test('what is written can be read', () => {
    fc.assert(
      fc.property(arbitraryMessage, (message) => {
        expect(decodeMessage(encodeMessage(message, sample), sample)).toEqual(message)
      }),
    )
  })

  test.each([
    ['version 1', logEntry],
    ['state of version 1', stateV1],
    ['version 2', eventV2],
    ['state of version 2', stateV2],
  ])('no two fields have one number: %s', (_, type) => {
    for (const message of messagesOf(type)) {
      const numbers = Object.values(message).map(({ number }) => number)
      expect(new Set(numbers).size).toBe(numbers.length)
    }
  })
})

describe('JSON', () => {
  test('the gateway writes everything, and nothing for what is not chosen', () => {
    expect(messageJson({ a: 1, task_id: 't', yes: true }, sample, gatewayForm)).toEqual({
      a: 1,
      b: '',
      c: null,
      d: [],
      e: {},
      f: {},
      g: 'NONE',
      h: null,
      task_id: 't',
      yes: true,
    })
  })

  test('files leave defaults out and have names in camel case', () => {
    const message = { a: 0, b: '', c: {}, d: [{ size: 0 }], g: 'NONE', task_id: 't', no: {} }
    expect(messageJson(message, sample, fileForm)).toEqual({ c: {}, d: [{}], taskId: 't', no: {} })
  })

  test('what the gateway writes can be read', () => {
    fc.assert(
      fc.property(arbitraryMessage, (message) => {
        const text = JSON.stringify(messageJson(message, sample, fileForm))
        expect(readJson(JSON.parse(text), sample)).toEqual({ message })
      }),
    )
  })

  test.each([
    ['an unknown field', { z: 1 }, 'unknown field "z"'],
    ['a text for a number', { a: 'x' }, 'a: a whole number is expected'],
    ['a text for a truth value', { yes: 'true' }, 'yes: true or false is expected'],
    ['a list for an object', [], 'an object is expected'],
    ['no list for a list', { d: {} }, 'd: a list is expected'],
    ['an unknown name', { g: 'OTHER' }, 'g: this name is not known'],
    ['no time for a time', { h: 'soon' }, 'h: a time is expected'],
    ['a mistake further down', { e: { x: 1 } }, 'e: a text is expected'],
  ])('refused: %s', (_, json, problem) => {
    expect(readJson(json, sample)).toEqual({ problem })
  })
})

/** Without fields that are their defaults, which are not written. */
const arbitraryInner = fc.record(
  { name: fc.string({ minLength: 1, unit: 'grapheme' }), size: fc.integer({ min: 1, max: 2 ** 31 - 1 }) },
  { requiredKeys: [], noNullPrototype: true },
)
const arbitraryKey = fc.stringMatching(/^[a-z]{1,5}$/)
const arbitraryMessage = fc.record(
  {
    a: fc.integer({ min: -(2 ** 31), max: -1 }),
    b: fc.string({ minLength: 1, unit: 'grapheme' }),
    c: arbitraryInner,
    d: fc.array(arbitraryInner, { minLength: 1, maxLength: 3 }),
    e: fc.dictionary(arbitraryKey, fc.string(), { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
    g: fc.constant('SOME'),
    h: fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }).map((date) => date.toISOString()),
    task_id: fc.string({ minLength: 1 }),
    yes: fc.boolean(),
  },
  { requiredKeys: [], noNullPrototype: true },
)

function messagesOf(type: MessageType): readonly MessageType[] {
  const below = Object.values(type).flatMap((field) => (field.type === 'message' ? messagesOf(field.of) : []))
  return [type, ...below]
}

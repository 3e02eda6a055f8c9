import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { tinyElf, type TinyArchitecture } from '../../test/support/tiny-elf.ts'
import { readElf } from './index.ts'

describe('an ELF header', () => {
  test.each<TinyArchitecture>(['amd64', 'arm64', 's390x', 'ppc64le', 'riscv64', '386', 'arm'])(
    'of a program for %s says so',
    (architecture) => {
      expect(readElf(tinyElf({ architecture, afterwards: { exit: 0 } }))).toMatchObject({
        architecture,
        type: 'executable',
      })
    },
  )

  test.each([
    [62, 1, 1, 'amd64p32'],
    [183, 2, 2, 'arm64be'],
    [8, 1, 1, 'mipsle'],
    [8, 2, 2, 'mips64'],
    [21, 2, 2, 'ppc64'],
    [22, 1, 2, 's390'],
    [258, 2, 1, 'loong64'],
    [247, 2, 1, undefined],
  ])('with machine %i, class %i and order %i is of %s', (machine, bits, order, architecture) => {
    const head = Buffer.alloc(64)
    head.set([0x7f, 0x45, 0x4c, 0x46, bits, order, 1])
    if (order === 1) head.writeUInt16LE(machine, 18)
    else head.writeUInt16BE(machine, 18)
    expect(readElf(head)).toMatchObject({ architecture, bits: bits * 32, order: order === 1 ? 'little' : 'big' })
  })

  test.each<[string, 32 | 64, 'LE' | 'BE']>([
    ['64 bits, little-endian', 64, 'LE'],
    ['64 bits, big-endian', 64, 'BE'],
    ['32 bits, little-endian', 32, 'LE'],
    ['32 bits, big-endian', 32, 'BE'],
  ])('of %s names the loader', (_, bits, order) => {
    expect(readElf(withInterpreter('/lib/ld.so.1', bits, order))).toMatchObject({ bits, interpreter: '/lib/ld.so.1' })
  })

  test('whose loader stands behind the bytes that were read names none', () => {
    const head = withInterpreter('/lib/ld.so.1', 64, 'LE').subarray(0, 200)
    expect(readElf(head)).not.toHaveProperty('interpreter')
  })

  test.each([
    ['nothing', ''],
    ['a script', '#!/bin/sh\necho hello, this is a script'],
    ['a header that is cut off', '\x7fELF\x02\x01'],
    ['a header with an unknown word size', '\x7fELF\x07\x01                        '],
  ])('is not seen in %s', (_, text) => {
    expect(readElf(Buffer.from(text, 'latin1'))).toBeUndefined()
  })

  test('never makes the reader fail', () => {
    const bytes = fc.uint8Array({ minLength: 20, maxLength: 4096 })
    fc.assert(
      fc.property(bytes, fc.constantFrom(1, 2), fc.constantFrom(1, 2), (rest, bits, order) => {
        const head = Buffer.from(rest)
        head.set([0x7f, 0x45, 0x4c, 0x46, bits, order])
        expect(readElf(head)).toMatchObject({ bits: bits * 32 })
      }),
    )
  })
})

/** One program header, of type PT_INTERP. */
function withInterpreter(name: string, bits: 32 | 64, order: 'LE' | 'BE'): Buffer {
  const head = Buffer.alloc(400)
  const u16 = (value: number, at: number): unknown =>
    order === 'LE' ? head.writeUInt16LE(value, at) : head.writeUInt16BE(value, at)
  const u32 = (value: number, at: number): unknown =>
    order === 'LE' ? head.writeUInt32LE(value, at) : head.writeUInt32BE(value, at)
  const word = (value: number, at: number): unknown => u32(value, bits === 64 && order === 'BE' ? at + 4 : at)
  head.set([0x7f, 0x45, 0x4c, 0x46, bits / 32, order === 'LE' ? 1 : 2, 1])
  u16(3, 16)
  const wide = bits === 64
  word(100, wide ? 32 : 28)
  u16(wide ? 56 : 32, wide ? 54 : 42)
  u16(1, wide ? 56 : 44)
  u32(3, 100)
  word(300, 100 + (wide ? 8 : 4))
  word(name.length + 1, 100 + (wide ? 32 : 16))
  head.write(name, 300)
  return head
}

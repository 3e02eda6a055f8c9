import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readProgramHeader } from './program-header.ts'

function pe(machine: number): Buffer {
  const bytes = Buffer.alloc(256)
  bytes.write('MZ', 0, 'latin1')
  bytes.writeUInt32LE(128, 60)
  bytes.write('PE\0\0', 128, 'latin1')
  bytes.writeUInt16LE(machine, 132)
  return bytes
}

function machO(cpu: number): Buffer {
  const bytes = Buffer.alloc(32)
  bytes.writeUInt32LE(0xfeedfacf, 0)
  bytes.writeUInt32LE(cpu, 4)
  return bytes
}

function universal(...cpus: readonly number[]): Buffer {
  const bytes = Buffer.alloc(8 + cpus.length * 20)
  bytes.writeUInt32BE(0xcafebabe, 0)
  bytes.writeUInt32BE(cpus.length, 4)
  cpus.forEach((cpu, at) => bytes.writeUInt32BE(cpu, 8 + at * 20))
  return bytes
}

test.each([
  ['a 64-bit Windows program', pe(0x8664), { format: 'pe', architectures: ['amd64'] }],
  ['a Windows program for ARM', pe(0xaa64), { format: 'pe', architectures: ['arm64'] }],
  ['a Windows program for a processor without a name', pe(0x9999), { format: 'pe', architectures: [] }],
  ['a program of macOS', machO(0x0100000c), { format: 'mach-o', architectures: ['arm64'] }],
  ['a universal program', universal(0x01000007, 0x0100000c), { format: 'mach-o', architectures: ['amd64', 'arm64'] }],
  ['a script', Buffer.from('#!/bin/sh\necho'), { format: 'script', architectures: [], interpreter: ['/bin/sh'] }],
  [
    'a script with one argument',
    Buffer.from('#! /usr/bin/env -S node --x \n'),
    { format: 'script', architectures: [], interpreter: ['/usr/bin/env', '-S node --x'] },
  ],
  ['a class of Java', universal(...Array.from({ length: 52 }, () => 7)), undefined],
  ['a DOS program', Buffer.concat([Buffer.from('MZ'), Buffer.alloc(100)]), undefined],
  ['text', Buffer.from('hello'), undefined],
  ['nothing', Buffer.alloc(0), undefined],
  ['only the marks of a script', Buffer.from('#!\n'), undefined],
])('%s', (_, bytes, header) => {
  expect(readProgramHeader(bytes)).toEqual(header)
})

test('arbitrary bytes never throw', () => {
  const magic = fc.constantFrom('', 'MZ', '#!', '\u007FELF', '\u00CA\u00FE\u00BA\u00BE', '\u00CF\u00FA\u00ED\u00FE')
  fc.assert(
    fc.property(magic, fc.uint8Array({ maxLength: 200 }), (start, rest) => {
      const header = readProgramHeader(Buffer.concat([Buffer.from(start, 'latin1'), rest]))
      expect(header === undefined || Array.isArray(header.architectures)).toBe(true)
    }),
  )
})

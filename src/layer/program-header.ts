import { readElf } from './elf.ts'

/** What the start of a program's file says about where it runs. */
export interface ProgramHeader {
  readonly format: 'elf' | 'pe' | 'mach-o' | 'script'
  /** In OCI's words, several for a universal program; empty for scripts and for processors that OCI has no word for. */
  readonly architectures: readonly string[]
  /** The loader of a dynamically linked program, or a script's interpreter with its arguments. */
  readonly interpreter?: readonly string[]
}

/** @see https://learn.microsoft.com/windows/win32/debug/pe-format#machine-types */
const peMachines: Readonly<Record<number, string>> = {
  0x014c: '386',
  0x01c0: 'arm',
  0x01c4: 'arm',
  0x8664: 'amd64',
  0xaa64: 'arm64',
}

/** @see https://github.com/apple-oss-distributions/xnu (osfmk/mach/machine.h) */
const machCpus: Readonly<Record<number, string>> = {
  7: '386',
  12: 'arm',
  0x01000007: 'amd64',
  0x0100000c: 'arm64',
}

/** Reads the first bytes of a file (4096 are enough); undefined when it is no program that is known here. */
export function readProgramHeader(head: Uint8Array): ProgramHeader | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength)
  return readScript(bytes) ?? fromElf(head) ?? readPe(bytes) ?? readMachO(bytes)
}

/** `#!` and up to 255 bytes: the interpreter, and the rest as one argument. */
function readScript(bytes: Buffer): ProgramHeader | undefined {
  if (bytes.length < 3 || bytes.toString('latin1', 0, 2) !== '#!') return undefined
  const line = bytes.toString('utf8', 2, 257).split('\n')[0]?.trim() ?? ''
  const [interpreter, argument] = /^(\S+)(?:\s+(.*))?$/.exec(line)?.slice(1) ?? []
  if (interpreter === undefined) return undefined
  const words = argument === undefined || argument === '' ? [interpreter] : [interpreter, argument]
  return { format: 'script', architectures: [], interpreter: words }
}

function fromElf(head: Uint8Array): ProgramHeader | undefined {
  const elf = readElf(head)
  if (elf === undefined) return undefined
  const { architecture, interpreter } = elf
  return {
    format: 'elf',
    architectures: architecture === undefined ? [] : [architecture],
    ...(interpreter === undefined ? {} : { interpreter: [interpreter] }),
  }
}

function readPe(bytes: Buffer): ProgramHeader | undefined {
  if (bytes.length < 64 || bytes.toString('latin1', 0, 2) !== 'MZ') return undefined
  const at = bytes.readUInt32LE(60)
  if (at + 6 > bytes.length || bytes.toString('latin1', at, at + 4) !== 'PE\0\0') return undefined
  return { format: 'pe', architectures: known(peMachines[bytes.readUInt16LE(at + 4)]) }
}

const maxSlices = 16

function readMachO(bytes: Buffer): ProgramHeader | undefined {
  if (bytes.length < 8) return undefined
  const magic = bytes.readUInt32LE(0)
  if (magic === 0xfeedface || magic === 0xfeedfacf) {
    return { format: 'mach-o', architectures: known(machCpus[bytes.readUInt32LE(4)]) }
  }
  const count = bytes.readUInt32BE(4)
  // Java's classes start with the same four bytes, and go on with a version that is higher
  if (bytes.readUInt32BE(0) !== 0xcafebabe || count > maxSlices || bytes.length < 8 + count * 20) return undefined
  const slices = Array.from({ length: count }, (_, slice) => machCpus[bytes.readUInt32BE(8 + slice * 20)])
  return { format: 'mach-o', architectures: slices.flatMap(known) }
}

function known(architecture: string | undefined): readonly string[] {
  return architecture === undefined ? [] : [architecture]
}

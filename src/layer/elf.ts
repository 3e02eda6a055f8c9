/** What the start of an ELF file says about where it runs. */
export interface ElfHeader {
  /** In OCI's words (`amd64`, `arm64`, `arm`, `386`, `ppc64le`, `s390x`, `riscv64`, …); undefined for machines OCI has no word for. */
  readonly architecture: string | undefined
  readonly bits: 32 | 64
  readonly order: 'little' | 'big'
  readonly type: 'executable' | 'shared' | 'relocatable' | 'other'
  /** The loader that a dynamically linked program names, when it stands in the bytes given. */
  readonly interpreter?: string
}

interface Shape {
  readonly bits: 32 | 64
  readonly order: 'little' | 'big'
}

/** Value of `e_machine` → architecture. */
const machines: Readonly<Record<number, (shape: Shape) => string | undefined>> = {
  2: () => 'sparc',
  3: () => '386',
  8: mips,
  20: () => 'ppc',
  21: ({ order }) => (order === 'little' ? 'ppc64le' : 'ppc64'),
  22: ({ bits }) => (bits === 64 ? 's390x' : 's390'),
  40: ({ order }) => (order === 'little' ? 'arm' : 'armbe'),
  43: () => 'sparc64',
  62: ({ bits }) => (bits === 64 ? 'amd64' : 'amd64p32'),
  183: ({ order }) => (order === 'little' ? 'arm64' : 'arm64be'),
  243: ({ bits }) => (bits === 64 ? 'riscv64' : 'riscv'),
  258: ({ bits }) => (bits === 64 ? 'loong64' : undefined),
}

const types: Readonly<Record<number, ElfHeader['type']>> = { 1: 'relocatable', 2: 'executable', 3: 'shared' }
const interpreterSegment = 3
const maxSegments = 64

/**
 * Reads the header of an ELF file from its first bytes (4096 are enough); undefined when it is no ELF file. The variant of
 * an ARM program does not stand there.
 * @see https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
 */
export function readElf(head: Uint8Array): ElfHeader | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength)
  if (bytes.length < 20 || bytes.readUInt32BE(0) !== 0x7f454c46) return undefined
  const shape = readShape(bytes)
  if (shape === undefined) return undefined
  const fields = createFields(bytes, shape)
  const interpreter = readInterpreter(bytes, fields)
  return {
    ...shape,
    architecture: machines[fields.u16(18)]?.(shape),
    type: types[fields.u16(16)] ?? 'other',
    ...(interpreter === undefined ? {} : { interpreter }),
  }
}

function readShape(bytes: Buffer): Shape | undefined {
  const bits = bytes[4] === 1 ? 32 : 64
  const order = bytes[5] === 1 ? 'little' : 'big'
  const isKnown = (bytes[4] === 1 || bytes[4] === 2) && (bytes[5] === 1 || bytes[5] === 2)
  return isKnown ? { bits, order } : undefined
}

interface Fields extends Shape {
  u16(at: number): number
  u32(at: number): number
  /** An address or offset, by word size; out of range reads as 0. */
  word(at: number): number
}

function createFields(bytes: Buffer, shape: Shape): Fields {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const little = shape.order === 'little'
  const fits = (at: number, length: number): boolean => at >= 0 && at + length <= bytes.length
  const u32 = (at: number): number => (fits(at, 4) ? view.getUint32(at, little) : 0)
  return {
    ...shape,
    u16: (at) => (fits(at, 2) ? view.getUint16(at, little) : 0),
    u32,
    word(at) {
      if (shape.bits === 32) return u32(at)
      return fits(at, 8) ? Number(view.getBigUint64(at, little)) : 0
    },
  }
}

/** Looks for PT_INTERP in the program headers. */
function readInterpreter(bytes: Buffer, fields: Fields): string | undefined {
  const wide = fields.bits === 64
  const tableAt = fields.word(wide ? 32 : 28)
  const entryBytes = fields.u16(wide ? 54 : 42)
  const count = Math.min(fields.u16(wide ? 56 : 44), maxSegments)
  if (tableAt === 0) return undefined
  for (let index = 0; index < count; index += 1) {
    const at = tableAt + index * entryBytes
    if (fields.u32(at) !== interpreterSegment) continue
    const start = fields.word(at + (wide ? 8 : 4))
    const length = fields.word(at + (wide ? 32 : 16))
    if (length < 2 || start + length > bytes.length) return undefined
    return bytes.toString('latin1', start, start + length).split('\0')[0]
  }
  return undefined
}

function mips({ bits, order }: Shape): string {
  return `${bits === 64 ? 'mips64' : 'mips'}${order === 'little' ? 'le' : ''}`
}

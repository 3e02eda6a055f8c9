/** What a program made by {@link tinyElf} does. */
export interface TinyProgram {
  readonly architecture: TinyArchitecture
  /** Written to standard output, with a newline after it. */
  readonly message?: string
  /** `sleep`: until SIGTERM, which ends it with status 0. */
  readonly afterwards: 'sleep' | { readonly exit: number }
}

export type TinyArchitecture = 'amd64' | 'arm64' | 's390x' | 'ppc64le' | 'riscv64' | '386' | 'arm'

/** `e_machine`, word size and byte order as the ELF header says them. */
const machines: Readonly<Record<TinyArchitecture, { machine: number; bits: 32 | 64; order: 'little' | 'big' }>> = {
  amd64: { machine: 62, bits: 64, order: 'little' },
  arm64: { machine: 183, bits: 64, order: 'little' },
  s390x: { machine: 22, bits: 64, order: 'big' },
  ppc64le: { machine: 21, bits: 64, order: 'little' },
  riscv64: { machine: 243, bits: 64, order: 'little' },
  '386': { machine: 3, bits: 32, order: 'little' },
  arm: { machine: 40, bits: 32, order: 'little' },
}

interface Machine {
  /** Numbers of the system calls used. */
  readonly calls: Readonly<Record<'write' | 'block' | 'wait' | 'exit', number>>
  /** Code of one system call with constant arguments. */
  readonly systemCall: (number: number, args: readonly number[]) => Buffer
}

const linux: Readonly<Partial<Record<TinyArchitecture, Machine>>> = {
  amd64: { calls: { write: 1, block: 14, wait: 128, exit: 231 }, systemCall: amd64Call },
  arm64: { calls: { write: 64, block: 135, wait: 137, exit: 94 }, systemCall: arm64Call },
}

const loadAddress = 0x400000
const headerBytes = 64 + 56
const sigtermSet = 1n << 14n

/**
 * A static ELF program for linux, put together here, so that tests have programs for several architectures without a
 * compiler. amd64 and arm64 really run; for other architectures the file has the header that a loader refuses or
 * accepts by, and no code.
 */
export function tinyElf(program: TinyProgram): Buffer {
  const machine = linux[program.architecture]
  if (machine === undefined) return elfHeader(program.architecture, 0)
  const message = Buffer.from(program.message === undefined ? '' : `${program.message}\n`)
  const codeBytes = assemble(machine, program, { message: 0, signals: 0, messageBytes: message.length }).length
  const messageAt = loadAddress + headerBytes + codeBytes
  const at = { message: messageAt, signals: messageAt + message.length, messageBytes: message.length }
  const signals = Buffer.alloc(8)
  signals.writeBigUInt64LE(sigtermSet)
  const body = Buffer.concat([assemble(machine, program, at), message, signals])
  return Buffer.concat([elfHeader(program.architecture, body.length), body])
}

function assemble(
  { calls, systemCall }: Machine,
  { afterwards }: TinyProgram,
  at: { message: number; signals: number; messageBytes: number },
): Buffer {
  const status = afterwards === 'sleep' ? 0 : afterwards.exit
  const sleeps = afterwards === 'sleep'
  // blocked before the line is written: whoever has seen the line may send the signal
  const blocking = sleeps ? [systemCall(calls.block, [0, at.signals, 0, 8])] : []
  const writing = at.messageBytes === 0 ? [] : [systemCall(calls.write, [1, at.message, at.messageBytes])]
  const waiting = sleeps ? [systemCall(calls.wait, [at.signals, 0, 0, 8])] : []
  return Buffer.concat([...blocking, ...writing, ...waiting, systemCall(calls.exit, [status])])
}

/** `mov reg, imm32` for rdi, rsi, rdx, r10 and rax, then `syscall`. */
function amd64Call(number: number, args: readonly number[]): Buffer {
  const registers = [
    [0x48, 0xc7, 0xc7],
    [0x48, 0xc7, 0xc6],
    [0x48, 0xc7, 0xc2],
    [0x49, 0xc7, 0xc2],
  ]
  const moves = args.map((value, index) => moveAmd64(registers[index] ?? [], value))
  return Buffer.concat([...moves, moveAmd64([0x48, 0xc7, 0xc0], number), Buffer.from([0x0f, 0x05])])
}

function moveAmd64(opcode: readonly number[], value: number): Buffer {
  const immediate = Buffer.alloc(4)
  immediate.writeUInt32LE(value)
  return Buffer.concat([Buffer.from(opcode), immediate])
}

/** `movz` and `movk` into x0 to x3 and x8, then `svc #0`. */
function arm64Call(number: number, args: readonly number[]): Buffer {
  const words = [...args.flatMap((value, register) => moveArm64(register, value)), ...moveArm64(8, number), 0xd4000001]
  const code = Buffer.alloc(words.length * 4)
  words.forEach((word, index) => code.writeUInt32LE(word >>> 0, index * 4))
  return code
}

function moveArm64(register: number, value: number): readonly number[] {
  const low = (0xd2800000 | ((value & 0xffff) << 5) | register) >>> 0
  const high = (0xf2a00000 | ((value >>> 16) << 5) | register) >>> 0
  return [low, high]
}

/** An ELF header and one segment that loads the whole file. */
function elfHeader(architecture: TinyArchitecture, bodyBytes: number): Buffer {
  const { machine, bits, order } = machines[architecture]
  const header = Buffer.alloc(headerBytes)
  const u16 = (value: number, at: number): unknown =>
    order === 'big' ? header.writeUInt16BE(value, at) : header.writeUInt16LE(value, at)
  const u32 = (value: number, at: number): unknown =>
    order === 'big' ? header.writeUInt32BE(value, at) : header.writeUInt32LE(value, at)
  header.set([0x7f, 0x45, 0x4c, 0x46, bits === 64 ? 2 : 1, order === 'big' ? 2 : 1, 1])
  u16(2, 16) // ET_EXEC
  u16(machine, 18)
  u32(1, 20)
  if (bits === 32) return header
  const u64 = (value: number, at: number): void => {
    u32(value, order === 'big' ? at + 4 : at)
  }
  u64(loadAddress + headerBytes, 24)
  u64(64, 32)
  u16(64, 52)
  u16(56, 54)
  u16(1, 56)
  u32(1, 64) // PT_LOAD
  u32(5, 68) // readable and executable
  u64(loadAddress, 80)
  u64(loadAddress, 88)
  u64(headerBytes + bodyBytes, 96)
  u64(headerBytes + bodyBytes, 104)
  u64(0x1000, 112)
  return header
}

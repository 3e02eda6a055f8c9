import net, { isIP, type Socket } from 'node:net'

/** Where a proxy shall connect to. */
export interface SocksTarget {
  readonly host: string
  readonly port: number
}

export interface SocksOptions {
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

/** Whether a proxy is reached by SOCKS5; `socks5h` says that it looks names up, which is always left to it here. */
export function isSocks(proxy: string): boolean {
  return /^socks5h?:\/\//.test(proxy)
}

/**
 * Connects through a SOCKS5 proxy, with user name and password when its URL has them. Names are looked up by the proxy.
 * @see https://www.rfc-editor.org/rfc/rfc1928 and https://www.rfc-editor.org/rfc/rfc1929
 */
export async function connectThroughSocks(
  proxy: URL,
  target: SocksTarget,
  { timeoutMs, signal }: SocksOptions,
): Promise<Socket> {
  const host = proxy.hostname.replace(/^\[|\]$/g, '')
  const port = proxy.port === '' ? 1080 : Number(proxy.port)
  const socket = net.connect({ host, port, ...(signal === undefined ? {} : { signal }) })
  const timer = setTimeout(() => socket.destroy(new Error('it does not answer')), timeoutMs)
  try {
    await negotiate(readerOf(socket), { socket, proxy, target })
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    clearTimeout(timer)
  }
}

interface Negotiation {
  readonly socket: Socket
  readonly proxy: URL
  readonly target: SocksTarget
}

const version = 5
const methods = { none: 0, password: 2 } as const

async function negotiate(reader: Reader, { socket, proxy, target }: Negotiation): Promise<void> {
  const hasUser = proxy.username !== ''
  const offered = hasUser ? [methods.none, methods.password] : [methods.none]
  socket.write(Buffer.from([version, offered.length, ...offered]))
  const [, method] = await reader.read(2)
  if (method === methods.password && hasUser) await authenticate(reader, { socket, proxy })
  else if (method !== methods.none) throw new Error('it wants another way to log in')
  socket.write(Buffer.concat([Buffer.from([version, 1, 0]), addressOf(target)]))
  const [, status = 255, , kind] = await reader.read(4)
  if (status !== 0) throw new Error(`it cannot connect: ${failures[status] ?? `status ${status}`}`)
  await reader.read((await addressLength(reader, kind)) + 2)
  reader.end()
}

async function addressLength(reader: Reader, kind: number | undefined): Promise<number> {
  if (kind === 1) return 4
  if (kind === 4) return 16
  return (await reader.read(1))[0] ?? 0
}

async function authenticate(reader: Reader, { socket, proxy }: Pick<Negotiation, 'socket' | 'proxy'>): Promise<void> {
  const [user, password] = [proxy.username, proxy.password].map((text) => Buffer.from(decodeURIComponent(text)))
  if (user === undefined || password === undefined) return
  socket.write(Buffer.concat([Buffer.from([1, user.length]), user, Buffer.from([password.length]), password]))
  const [, status] = await reader.read(2)
  if (status !== 0) throw new Error('it does not accept the user name and password')
}

function addressOf({ host, port }: SocksTarget): Buffer {
  const end = Buffer.from([port >> 8, port & 255])
  if (isIP(host) === 4) return Buffer.concat([Buffer.from([1, ...host.split('.').map(Number)]), end])
  const name = Buffer.from(host)
  return Buffer.concat([Buffer.from([3, name.length]), name, end])
}

const failures: Readonly<Record<number, string>> = {
  1: 'general failure',
  2: 'its rules forbid it',
  3: 'the network is unreachable',
  4: 'the host is unreachable',
  5: 'the connection was refused',
  6: 'it took too long',
}

interface Reader {
  read(length: number): Promise<Buffer>
  /** Gives what was not asked for back to the socket. */
  end(): void
}

/** Reads exact numbers of bytes. */
function readerOf(socket: Socket): Reader {
  let kept = Buffer.alloc(0)
  let wake = (): void => {}
  let failure: Error | undefined
  const onData = (chunk: Buffer): void => {
    kept = Buffer.concat([kept, chunk])
    wake()
  }
  const onEnd = (): void => {
    failure ??= new Error('it closed the connection')
    wake()
  }
  const onError = (error: Error): void => {
    failure ??= error
    wake()
  }
  socket.on('data', onData).on('end', onEnd).on('error', onError)
  return {
    async read(length) {
      while (kept.length < length) {
        if (failure !== undefined) throw failure
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      const bytes = kept.subarray(0, length)
      kept = kept.subarray(length)
      return bytes
    },
    end() {
      socket.off('data', onData).off('end', onEnd).off('error', onError)
      socket.pause()
      if (kept.length > 0) socket.unshift(kept)
    },
  }
}
